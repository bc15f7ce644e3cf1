"""If a package of an extra is missing, the error names the extra."""

from pathlib import Path

import pytest

import scripts


@pytest.mark.parametrize(
    ("missing", "call", "extra"),
    [
        ("pandas", "log.scalars.to_pandas()", "pandas"),
        ("pandas", "log.scalars.to_pandas(pivot=True)", "pandas"),
        ("pandas", "log.summary().to_pandas()", "pandas"),
        ("pandas", "log['.'].scalars['loss'].to_pandas()", "pandas"),
        ("polars", "log.texts.to_polars()", "polars"),
        ("pyarrow", "log.scalars.to_arrow()", "arrow"),
        ("pyarrow", "tfevents.parquet.write('run', 'out')", "arrow"),
        ("matplotlib", "log.plot('loss')", "plot"),
        ("matplotlib", "log['.'].histograms['w'].plot()", "plot"),
        ("matplotlib", "log['.'].images['i'].plot()", "plot"),
    ],
)
def test_the_error_names_the_extra(tmp_path: Path, missing: str, call: str, extra: str) -> None:
    out = scripts.check(f"""
    import os, sys
    sys.modules[{missing!r}] = None
    import tfevents
    os.chdir({str(tmp_path)!r})
    with tfevents.SummaryWriter("run") as writer:
        writer.add_scalar("loss", 1.0, 0)
        writer.add_histogram("w", [1.0, 2.0], 0)
        writer.add_image("i", [[0.5]], 0, dataformats="HW")
    log = tfevents.read("run")
    try:
        {call}
    except ImportError as error:
        print(error, error.name)
    """)
    assert f"needs {missing}: pip install 'tfevents[{extra}]' {missing}" in out

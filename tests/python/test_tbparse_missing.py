"""Without pandas, `tfevents.compat.tbparse` says what is missing."""

import scripts


def test_the_error_names_the_extra() -> None:
    out = scripts.check("""
    import sys
    sys.modules["pandas"] = None
    from tfevents.compat.tbparse import SummaryReader
    try:
        SummaryReader(".")
    except ImportError as error:
        print(error)
    """)
    assert "tfevents[pandas]" in out

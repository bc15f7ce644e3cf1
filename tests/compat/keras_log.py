"""The log of Keras' callback for TensorBoard."""

from pathlib import Path

import numpy as np

from peers import peer


def fit(directory: Path) -> None:
    """Fits a small model, and logs scalars, histograms, pictures and the model's configuration.

    The runs are `train` and `validation`.
    """
    tf = peer("tensorflow")
    model = tf.keras.Sequential([tf.keras.layers.Dense(4), tf.keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    callback = tf.keras.callbacks.TensorBoard(
        str(directory), histogram_freq=1, write_graph=True, write_images=True, update_freq=2
    )
    random = np.random.default_rng(0)
    inputs, targets = random.random((32, 3)), random.random((32, 1))
    data = {"validation_data": (inputs, targets)}
    model.fit(inputs, targets, epochs=2, batch_size=8, callbacks=[callback], verbose=0, **data)

import keras
import numpy as np
import pytest
import tensorflow as tf

from mnist_core.config.config import (
    NORMALIZATIONS,
    OPTIMIZERS,
    Augmentation,
    Distillation,
    Layer,
    Optimizer,
    Regularization,
    TrainingConfig,
)
from mnist_core.network import keras_model
from mnist_core.training import augmentation, optimizers, train_step

pytestmark = pytest.mark.slow

RATE = 0.02


def prepared(config, dataset, teacher=None):
    model = keras_model.build_model(config)
    optimizer = optimizers.build_optimizer(config)
    optimizer.build(model.trainable_variables)
    images, labels = dataset.x_train, dataset.y_train
    return model, train_step.Steps(model, optimizer, images, labels, config, teacher)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_optimizers_start_at_the_configured_rate(optimizer):
    made = optimizers.build_optimizer(
        TrainingConfig(optimizer=Optimizer(name=optimizer, learning_rate=0.02))
    )
    assert type(made).__name__.lower() == optimizer
    assert float(made.learning_rate) == pytest.approx(0.02)


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_steps_are_what_keras_itself_does(optimizer, normalization, few_digits):
    """Three batches by our steps and by Keras' train_on_batch: same losses, same weights."""
    layers = (Layer(16, "tanh", normalization), Layer(8, "leaky_relu", normalization))
    config = TrainingConfig(layers=layers, optimizer=Optimizer(name=optimizer, learning_rate=RATE))
    ours, run = prepared(config, few_digits)
    indices = np.arange(96, dtype=np.int32).reshape(3, 32)
    losses, accuracies = run(indices, np.full(3, RATE, np.float32))

    theirs = keras_model.build_model(config)
    reference = {
        "adam": keras.optimizers.Adam(RATE),
        "adamw": keras.optimizers.AdamW(RATE, weight_decay=config.optimizer.weight_decay),
        "sgd": keras.optimizers.SGD(RATE, momentum=config.optimizer.momentum),
        "rmsprop": keras.optimizers.RMSprop(RATE),
    }[optimizer]
    if optimizer == "adamw":
        reference.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    theirs.compile(reference, "categorical_crossentropy", metrics=["accuracy"])
    for i, batch in enumerate(indices):
        x = few_digits.x_train[batch].reshape(-1, 784).astype(np.float32) / 255
        y = keras.utils.to_categorical(few_digits.y_train[batch], 10)
        theirs.reset_metrics()
        loss, accuracy = theirs.train_on_batch(x, y)
        assert float(losses[i]) == pytest.approx(float(loss), rel=1e-4)
        assert float(accuracies[i]) == pytest.approx(float(accuracy))
    answers = [
        np.asarray(model(few_digits.x_test.reshape(-1, 784) / np.float32(255)))
        for model in (ours, theirs)
    ]
    np.testing.assert_allclose(*answers, atol=1e-4)


def test_a_step_with_dropout_differs_from_one_without(few_digits):
    indices, rates = np.arange(64, dtype=np.int32)[None], np.full(1, RATE, np.float32)
    losses = []
    for dropout in (0.0, 0.5):
        config = TrainingConfig(layers=(Layer(32, dropout=dropout),))
        _, run = prepared(config, few_digits)
        losses.append(float(run(indices, rates)[0][0]))
    assert losses[0] != losses[1]


def test_batches_cover_every_digit_once():
    order, blocks, done = np.arange(23, dtype=np.int32), [], 0
    while done < 23:
        blocks.append(train_step.next_batches(order[done:], 4, 2))
        done += blocks[-1].size
    assert [block.shape for block in blocks] == [(2, 4), (2, 4), (1, 4), (1, 3)]
    np.testing.assert_array_equal(np.concatenate([block.ravel() for block in blocks]), order)


def first_losses(config, dataset):
    _, run = prepared(config, dataset)
    indices = np.arange(64, dtype=np.int32).reshape(2, 32)
    return np.asarray(run(indices, np.full(2, RATE, np.float32))[0])


def test_digits_are_augmented_by_the_numbers_of_seed_and_step(few_digits):
    config = TrainingConfig(layers=(Layer(16),), seed=5, augmentation=Augmentation(rotation=30))
    model = keras_model.build_model(config)
    numbers = tf.random.stateless_uniform((32, augmentation.RANDOM_NUMBERS), (5, 0), -1.0, 1.0)
    flat = few_digits.x_train[:32].reshape(32, 784) / np.float32(255)
    augmented = augmentation.augment(flat, numbers.numpy(), config.augmentation)
    shares = np.asarray(model(augmented))[np.arange(32), few_digits.y_train[:32]]
    losses = first_losses(config, few_digits)
    assert losses[0] == pytest.approx(-np.log(shares).mean(), rel=1e-4)
    np.testing.assert_array_equal(losses, first_losses(config, few_digits))
    plain = first_losses(config.with_changes(augmentation=Augmentation()), few_digits)
    assert losses[0] != pytest.approx(plain[0], rel=1e-3)


def test_label_smoothing_spreads_a_share_of_the_target(few_digits):
    config = TrainingConfig(layers=(Layer(16),), regularization=Regularization(label_smoothing=0.2))
    flat = few_digits.x_train[:32].reshape(32, 784) / np.float32(255)
    logarithms = np.log(np.asarray(keras_model.build_model(config)(flat)))
    true = logarithms[np.arange(32), few_digits.y_train[:32]]
    expected = -(0.8 * true + 0.2 * logarithms.mean(axis=1)).mean()
    assert first_losses(config, few_digits)[0] == pytest.approx(expected, rel=1e-4)


def test_a_teacher_is_believed_more_than_the_labels(few_digits):
    """The first loss: 0.7 of the cross-entropy with what it predicts for the augmented digits, the
    rest with the labels."""
    config = TrainingConfig(
        layers=(Layer(16),),
        augmentation=Augmentation(rotation=30),
        distillation=Distillation(epochs=1),
    )
    says = keras_model.build_model(config.with_changes(seed=9))
    model = keras_model.build_model(config)
    optimizer = optimizers.build_optimizer(config)
    optimizer.build(model.trainable_variables)
    numbers = tf.random.stateless_uniform((32, augmentation.RANDOM_NUMBERS), (0, 0), -1.0, 1.0)
    flat = few_digits.x_train[:32].reshape(32, 784) / np.float32(255)
    augmented = augmentation.augment(flat, numbers.numpy(), config.augmentation)
    logarithms = np.log(np.asarray(model(augmented)))
    taught = -(np.asarray(says(augmented)) * logarithms).sum(axis=1).mean()
    labelled = -logarithms[np.arange(32), few_digits.y_train[:32]].mean()
    expected = 0.7 * taught + 0.3 * labelled
    run = train_step.Steps(model, optimizer, few_digits.x_train, few_digits.y_train, config, says)
    losses, _ = run(np.arange(32, dtype=np.int32)[None], np.array([RATE], np.float32))
    assert float(losses[0]) == pytest.approx(expected, rel=1e-4)


def first_taught_step(temperature, dataset):
    """The loss that is told of a network's first step, its teacher, and the network after it."""
    config = TrainingConfig(
        layers=(Layer(16),),
        optimizer=Optimizer(name="sgd", momentum=0.0),
        distillation=Distillation(epochs=1, share=0.8, temperature=temperature),
    )
    says = keras_model.build_model(config.with_changes(seed=9))
    model, run = prepared(config, dataset, says)
    losses, _ = run(np.arange(32, dtype=np.int32)[None], np.array([RATE], np.float32))
    return float(losses[0]), says, model


@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_a_teacher_is_followed_at_its_temperature(temperature, few_digits):
    """One plain gradient step, by Keras' own loss on the outputs before their softmax."""
    told, says, model = first_taught_step(temperature, few_digits)
    x = few_digits.x_train[:32].reshape(32, 784) / np.float32(255)
    labels = np.eye(10, dtype=np.float32)[few_digits.y_train[:32]]
    reference = keras_model.build_model(TrainingConfig(layers=(Layer(16),)))

    def outputs(network, x):
        *hidden, last = network.layers
        for layer in hidden:
            x = layer(x)
        return x @ last.kernel.value + last.bias.value

    cross_entropy = keras.losses.CategoricalCrossentropy(from_logits=True)
    with tf.GradientTape() as tape:
        ours = outputs(reference, x)
        soft = tf.nn.softmax(outputs(says, x) / temperature)
        taught = temperature**2 * cross_entropy(soft, ours / temperature)
        loss = 0.8 * taught + 0.2 * cross_entropy(labels, ours)
    if temperature == 1:
        assert told == pytest.approx(float(loss), rel=1e-4)
    variables = [variable.value for variable in reference.trainable_variables]
    gradients = tape.gradient(loss, variables)
    for variable, gradient, after in zip(
        variables, gradients, model.trainable_variables, strict=True
    ):
        expected = variable - RATE * gradient
        np.testing.assert_allclose(after.numpy(), expected.numpy(), atol=1e-6)


def test_the_loss_that_is_reported_is_that_at_temperature_1(few_digits):
    told = [first_taught_step(temperature, few_digits)[0] for temperature in (1.0, 4.0)]
    assert told[1] == pytest.approx(told[0], rel=1e-5)


def test_mixup_blends_half_of_the_digits_with_the_ones_before(few_digits):
    """The first loss of a batch: of blended images against labels blended alike."""
    config = TrainingConfig(layers=(Layer(16),), seed=5, regularization=Regularization(mixup=0.4))
    seed = tf.random.experimental.stateless_fold_in(tf.constant([5, 0], tf.int64), 1)
    chance, share = tf.random.stateless_uniform((32, 2), seed).numpy().T
    share = np.where(chance < 0.5, 0.4 * share, 0)[:, None]
    assert 8 < (share > 0).sum() < 24
    assert share.max() <= 0.4
    flat = few_digits.x_train[:32].reshape(32, 784) / np.float32(255)
    targets = np.eye(10)[few_digits.y_train[:32]]
    before = np.arange(32) - 1
    blended = (1 - share) * flat + share * flat[before]
    expected = (1 - share) * targets + share * targets[before]
    logarithms = np.log(np.asarray(keras_model.build_model(config)(blended)))
    loss = -(expected * logarithms).sum(axis=1).mean()
    assert first_losses(config, few_digits)[0] == pytest.approx(loss, rel=1e-4)


ECHOING = TrainingConfig(
    layers=(Layer(16),),
    augmentation=Augmentation(rotation=30),
    regularization=Regularization(mixup=0.5),
    distillation=Distillation(epochs=1),
    data_echoing=2,
)


@pytest.mark.parametrize("taught", [False, True])
def test_echoed_digits_are_those_that_were_made_in_another_order(taught, few_digits):
    """With the teacher's answers to them, where there is one."""
    teacher = keras_model.build_model(ECHOING.with_changes(seed=9)) if taught else None
    _, run = prepared(ECHOING, few_digits, teacher)
    indices, still = np.arange(64, dtype=np.int32).reshape(2, 32), np.zeros(2, np.float32)
    made, anew = (np.asarray(run(indices, still)[0]) for _ in range(2))
    echoed = np.asarray(run.repeat_augmented(indices.ravel()[::-1].reshape(2, 32), still)[0])
    assert np.abs(made - anew).min() > 1e-3
    np.testing.assert_allclose(echoed, anew[::-1], rtol=1e-3)  # kept as whole steps of 1/255
    run.make_augmented(indices, 0)
    np.testing.assert_allclose(run.repeat_augmented(indices, still)[0], made, rtol=1e-3)


def test_weight_decay_shrinks_the_weights_and_nothing_else(few_digits):
    config = TrainingConfig(
        layers=(Layer(16, "relu", "before"),),
        optimizer=Optimizer(name="adamw", weight_decay=0.5, learning_rate=RATE),
    )
    indices, rates = np.arange(32, dtype=np.int32)[None], np.full(1, RATE, np.float32)
    after = []
    for decay in (0.0, 0.5):
        model, run = prepared(config.with_changes(optimizer={"weight_decay": decay}), few_digits)
        before = {v.path: v.numpy() for v in model.trainable_variables}
        run(indices, rates)
        after.append({v.path: v.numpy() for v in model.trainable_variables})
    without, decayed = after
    for path, first in before.items():
        shrunk = 0.5 * RATE * first if path.endswith("kernel") else 0 * first
        np.testing.assert_allclose(without[path] - decayed[path], shrunk, atol=1e-6)


def test_in_bfloat16_a_bias_that_a_normalization_undoes_stays_zero(few_digits):
    config = TrainingConfig(
        layers=(Layer(16, "relu", "before"), Layer(16, "relu", "after")), precision="bfloat16"
    )
    model, run = prepared(config, few_digits)
    indices = np.arange(96, dtype=np.int32).reshape(3, 32)
    run(indices, np.full(3, RATE, np.float32))
    undone, needed = (model.get_layer(name).bias.numpy() for name in ("dense_1", "dense_2"))
    assert not undone.any()
    assert needed.any()


def test_bfloat16_rounds_the_products_and_nothing_else(few_digits):
    config = TrainingConfig(layers=(Layer(64),))
    exact = first_losses(config, few_digits)
    rounded = first_losses(config.with_changes(precision="bfloat16"), few_digits)
    np.testing.assert_allclose(rounded, exact, rtol=2e-2)
    assert (rounded != exact).all()
    model, run = prepared(config.with_changes(precision="bfloat16"), few_digits)
    run(np.arange(32, dtype=np.int32)[None], np.array([RATE], np.float32))
    assert {weight.dtype for weight in model.weights} == {"float32"}

package io.perfkit.testing.planted.visible;

final class Hidden {}

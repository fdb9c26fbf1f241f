package io.perfkit.testing.planted.unmarked;

final class Unmarked {}

package io.perfkit.testing.planted.exception;

final class PartFailed extends RootException {}

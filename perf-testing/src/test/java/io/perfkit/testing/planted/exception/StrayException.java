package io.perfkit.testing.planted.exception;

final class StrayException extends RuntimeException {}

package io.perfkit.testing.planted.exception;

class RootException extends RuntimeException {}

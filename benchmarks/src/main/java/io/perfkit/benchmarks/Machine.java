package io.perfkit.benchmarks;

/** Where the figures were measured. Immutable. */
record Machine(int cpus, String jdk, String os) {

  static Machine current() {
    return new Machine(
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("java.vm.name") + " " + Runtime.version(),
        System.getProperty("os.name") + " " + System.getProperty("os.arch"));
  }

  @Override
  public String toString() {
    return cpus + " cpus, " + jdk + ", " + os;
  }
}

package io.perfkit.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Finds free loopback ports. They lie below the range from which Linux takes ports for outgoing
 * connections, and so does the Redis Cluster bus port, which is the port plus 10000. Another
 * process can still take a port before its user binds it, so a user must be ready to ask again.
 * Thread safe.
 */
final class Ports {
  static final int BUS_OFFSET = 10_000;
  private static final int MIN = 12_000;
  private static final int MAX = 22_000;
  private static final int TRIES = 1_000;

  private Ports() {}

  /** A port that is free now, together with its cluster bus port. */
  static int free() {
    for (int i = 0; i < TRIES; i++) {
      int port = ThreadLocalRandom.current().nextInt(MIN, MAX);
      if (isFree(port) && isFree(port + BUS_OFFSET)) {
        return port;
      }
    }
    throw new IllegalStateException("no free port in " + MIN + ".." + MAX);
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException taken) {
      return false;
    }
  }
}

package io.perfkit.examples.marketplace.load;

import java.util.concurrent.CompletableFuture;

/** Where the load goes. Thread safe. */
interface Target {
  /**
   * Sends without waiting. The future holds the answer's status, or fails if there was no answer;
   * cancelling it gives the request up.
   */
  CompletableFuture<Integer> send(Call call);
}

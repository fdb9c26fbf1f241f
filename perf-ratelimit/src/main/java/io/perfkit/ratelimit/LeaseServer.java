package io.perfkit.ratelimit;

/** The server that grants the permits of one shared bucket. */
interface LeaseServer {

  /**
   * A node's request for permits. Repeated unchanged until it is answered, so that a lost answer is
   * given again.
   *
   * @param sequence grows by one with each new request of a node
   * @param before sequence of the last request that was answered; 0 before the first
   * @param held permits that the node may still spend; it may have spent some since
   * @param unused permits that it returns
   * @param need permits without which nothing is granted
   * @param want most permits that it asks for; 0 if it only returns some
   */
  record Want(long sequence, long before, long held, long unused, long need, long want) {}

  /**
   * The answer.
   *
   * @param granted additional permits
   * @param kept whether the permits that it held stay valid; otherwise they have ended
   * @param lifeMicros time for which the node may spend the permits, from the answer on
   * @param waitMicros time until the permits that it needs are available; zero if they were granted
   */
  record Grant(long granted, boolean kept, long lifeMicros, long waitMicros) {}

  /**
   * Answers a request, which may arrive late or twice.
   *
   * @throws io.perfkit.redis.RedisException if there was no answer; whether permits were granted is
   *     then unknown
   */
  Grant lease(Want want);
}

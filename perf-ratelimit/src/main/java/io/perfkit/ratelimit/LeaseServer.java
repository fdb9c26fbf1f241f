package io.perfkit.ratelimit;

/** Who gives out the permits of one shared bucket. */
interface LeaseServer {

  /**
   * What a node asks. Repeated as it is until it was answered, so that a lost answer is given
   * again.
   *
   * @param sequence grows by one with each new request of a node
   * @param before sequence of the last request that was answered; 0 before the first
   * @param held permits that the node may still spend; it may have spent some since
   * @param unused permits that it gives back
   * @param need permits without which nothing is granted
   * @param want most permits that it asks for; none if it only gives back
   */
  record Want(long sequence, long before, long held, long unused, long need, long want) {}

  /**
   * The answer.
   *
   * @param granted permits that came in addition
   * @param kept whether those that it held stay valid; else they ended
   * @param lifeMicros time for which it may spend, from when it was answered
   * @param waitMicros time until what it needs is there, zero if it was granted
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

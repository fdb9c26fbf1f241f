package io.perfkit.ratelimit.weave;

import io.perfkit.weave.Interceptors;
import java.io.IOException;
import java.lang.reflect.Method;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The advice in a subclass as a container makes it. */
final class InterceptedRateLimitedTest extends RateLimitedContract {

  @Override
  Service advised(RateLimitAspect aspect) {
    return new Intercepted(Interceptors.of(aspect).of(Service.class));
  }

  private static final class Intercepted extends Service {
    private final Map<Method, Interceptors.Interceptor> advice;

    Intercepted(Map<Method, Interceptors.Interceptor> advice) {
      this.advice = advice;
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // as the method returns it
    private <T, X extends Throwable> T call(
        String method, Interceptors.Continuation next, Object... arguments) throws X {
      for (Map.Entry<Method, Interceptors.Interceptor> one : advice.entrySet()) {
        if (one.getKey().getName().equals(method)) {
          try {
            return (T) one.getValue().call(this, arguments, next);
          } catch (Throwable failure) {
            throw (X) failure;
          }
        }
      }
      throw new AssertionError("no advice of " + method);
    }

    @Override
    void unkeyed() {
      call(
          "unkeyed",
          () -> {
            super.unkeyed();
            return null;
          });
    }

    @Override
    int ofCustomer(Customer customer) {
      return this.<Integer, RuntimeException>call(
          "ofCustomer", () -> super.ofCustomer(customer), customer);
    }

    @Override
    long ofSide(Side side, double amount) {
      return this.<Long, RuntimeException>call(
          "ofSide", () -> super.ofSide(side, amount), side, amount);
    }

    @Override
    void ofBoth(Customer customer) {
      call(
          "ofBoth",
          () -> {
            super.ofBoth(customer);
            return null;
          },
          customer);
    }

    @Override
    CompletionStage<String> later(UUID id) {
      return call("later", () -> super.later(id), id);
    }

    @Override
    String held(Callback inside) throws IOException {
      return this.<String, IOException>call("held", () -> super.held(inside), inside);
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // the continuation returns it, as an Object
    CompletableFuture<String> heldLater(CompletableFuture<String> result) {
      return call("heldLater", () -> super.heldLater(result), result);
    }
  }
}

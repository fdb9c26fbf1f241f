package io.perfkit.cache.weave;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.cache.CacheConfig;
import io.perfkit.cache.Caches;
import io.perfkit.cache.weave.Form.Formed;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Conditions, writes, stages, batches and tags of annotated methods, the same in every form in
 * which the aspect takes effect.
 */
@RealRedis
abstract class AnnotatedServiceContract {
  private static final Duration DEADLINE = Duration.ofSeconds(30);

  private final Caches caches;
  private final Caches otherCaches;
  private final Form form;

  /** The advised service; its fields are in {@link #state}. */
  private final Orders orders;

  private final Orders state;
  private final Orders onOtherNode;
  private final Orders otherState;

  AnnotatedServiceContract(TestRedis server, Form form) {
    this.form = form;
    String prefix = server.prefix() + UUID.randomUUID();
    caches = Nodes.patient(server.client(), prefix);
    otherCaches = Nodes.patient(server.client(), prefix);
    Formed<Orders> here = form.of(new Orders(), CacheAspect.of(caches));
    orders = here.advised();
    state = here.state();
    Formed<Orders> there = form.of(new Orders(), CacheAspect.of(otherCaches));
    onOtherNode = there.advised();
    otherState = there.state();
  }

  @BeforeEach
  void hearOthers() {
    Await.until("subscribed", DEADLINE, () -> caches.subscribed() && otherCaches.subscribed());
  }

  @AfterEach
  void close() {
    caches.close();
    otherCaches.close();
  }

  record Order(long id, String status, String customer) {}

  record Filter(String status, int page) {}

  @CacheDefaults(cache = "orders")
  static class Orders {
    final List<Object> loads = new ArrayList<>();
    CompletableFuture<Optional<Order>> pending = new CompletableFuture<>();
    volatile CountDownLatch entered = new CountDownLatch(0);
    volatile CountDownLatch proceed = new CountDownLatch(0);

    @Cacheable(
        condition = "id > 0",
        unless = "#result.status == 'OPEN'",
        tags = {"'customer:' + #result.customer", "'orders'", "'orders'"})
    Order find(long id) throws InterruptedException {
      loads.add(id);
      entered.countDown();
      proceed.await();
      return id == 13 ? null : new Order(id, id % 2 == 0 ? "DONE" : "OPEN", "c" + id % 3);
    }

    @CachePut(key = "order.id", tags = "'customer:' + order.customer")
    Order save(Order order) {
      return order;
    }

    @CachePut(key = "#result.id", condition = "#result.status != 'OPEN'")
    Order create(String customer, String status) {
      return new Order(100, status, customer);
    }

    @CachePut(key = "id")
    Order forget(long id) {
      return null;
    }

    @CacheEvict
    void delete(long id) throws IOException {
      if (id < 0) {
        throw new IOException("no such order");
      }
    }

    @CacheEvict(before = true, key = "#p0")
    void deleteBefore(long id, boolean fails) throws IOException {
      if (fails) {
        throw new IOException("failed");
      }
    }

    @CacheEvict(key = "order.id", condition = "order.status == 'DONE'")
    @CacheEvict(cache = "filtered", all = true)
    void close(Order order) {}

    @CacheEvict(all = true)
    void clear() {}

    @CacheEvict(tags = "'customer:' + customer")
    int deleteCustomer(String customer) {
      return 1;
    }

    @Cacheable(cache = "filtered")
    List<Order> list(Filter filter) {
      loads.add(filter);
      return List.of(new Order(filter.page(), filter.status(), "c"));
    }

    @Cacheable(cache = "stages")
    CompletableFuture<Order> later(long id) {
      loads.add(id);
      return pending.thenApply(order -> order.orElse(null));
    }

    @Cacheable(cache = "optionals", unless = "#result.status == 'OPEN'")
    CompletionStage<Optional<Order>> maybeLater(long id) throws IOException {
      loads.add(id);
      if (id < 0) {
        throw new IOException("at once");
      }
      return pending;
    }

    @CacheEvict(cache = "stages")
    CompletableFuture<Void> deleteLater(long id) {
      return pending.thenAccept(order -> {});
    }

    @Cacheable(cache = "batch", batch = true)
    Map<Long, String> names(Collection<Long> ids) {
      loads.add(List.copyOf(ids));
      Map<Long, String> names = new LinkedHashMap<>();
      ids.stream().filter(id -> id > 0).forEach(id -> names.put(id, "n" + id));
      return names;
    }

    @Cacheable(cache = "batch")
    String name(long id) {
      loads.add(id);
      return "n" + id;
    }

    @Cacheable(cache = "translations", batch = true)
    Map<String, String> translate(String language, @CacheKey Set<String> words, int version) {
      loads.add(language + words + version);
      Map<String, String> translated = new LinkedHashMap<>();
      words.forEach(word -> translated.put(word, word + language + version));
      return translated;
    }
  }

  private List<Object> loads() {
    List<Object> seen = List.copyOf(state.loads);
    state.loads.clear();
    return seen;
  }

  @Test
  void aConditionDecidesBeforeTheCallAndUnlessAfterIt() throws Exception {
    orders.find(-2);
    orders.find(-2);
    assertThat(loads()).as("not cached where the condition is false").hasSize(2);
    assertThat(orders.find(1).status()).isEqualTo("OPEN");
    orders.find(1);
    assertThat(loads()).as("not kept where unless is true").hasSize(2);
    orders.find(2);
    orders.find(2);
    assertThat(loads()).hasSize(1);
    assertThat(orders.find(13)).as("unless is not asked about a null").isNull();
  }

  @Test
  void whoWaitsGetsAlsoWhatIsNotKept() throws Exception {
    state.entered = new CountDownLatch(1);
    state.proceed = new CountDownLatch(1);
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      Future<Order> first = threads.submit(() -> orders.find(1));
      assertThat(state.entered.await(10, TimeUnit.SECONDS)).isTrue();
      Thread[] waiter = new Thread[1];
      Future<Order> second =
          threads.submit(
              () -> {
                waiter[0] = Thread.currentThread();
                return orders.find(1);
              });
      Await.until(
          "the second waits",
          DEADLINE,
          () -> waiter[0] != null && waiter[0].getState() == Thread.State.TIMED_WAITING);
      state.proceed.countDown();
      assertThat(second.get(10, TimeUnit.SECONDS)).isSameAs(first.get(10, TimeUnit.SECONDS));
      assertThat(loads()).hasSize(1);
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void aPutIsReadByAllNodes() throws Exception {
    Order order = new Order(8, "DONE", "c");
    assertThat(orders.save(order)).isSameAs(order);
    assertThat(orders.find(8)).isSameAs(order);
    assertThat(onOtherNode.find(8)).isEqualTo(order);
    assertThat(otherState.loads).isEmpty();

    orders.create("a", "OPEN");
    orders.find(100);
    assertThat(loads()).as("the condition of the put was false").containsExactly(100L);
    orders.create("a", "SENT");
    assertThat(orders.find(100).status()).isEqualTo("SENT");

    assertThat(orders.forget(8)).isNull();
    orders.find(8);
    assertThat(loads()).as("a null removes").containsExactly(8L);
  }

  @Test
  void anEvictionFollowsSuccessOnly() throws Exception {
    orders.find(4);
    assertThatThrownBy(() -> orders.deleteBefore(4, true)).isExactlyInstanceOf(IOException.class);
    orders.find(4);
    assertThat(loads()).as("before the call, also if it fails").hasSize(2);

    orders.delete(4);
    orders.find(4);
    assertThat(loads()).hasSize(1);

    assertThatThrownBy(() -> orders.delete(-4)).isExactlyInstanceOf(IOException.class);
  }

  @Test
  void evictsByConditionAndFromSeveralCaches() throws Exception {
    orders.find(4);
    orders.list(new Filter("DONE", 1));
    orders.close(new Order(4, "OPEN", "c"));
    orders.find(4);
    orders.list(new Filter("DONE", 1));
    assertThat(loads()).containsExactly(4L, new Filter("DONE", 1), new Filter("DONE", 1));
    orders.close(new Order(4, "DONE", "c"));
    orders.find(4);
    assertThat(loads()).containsExactly(4L);
  }

  @Test
  void evictsAllAndByTagsOnEveryNode() throws Exception {
    orders.find(4);
    orders.find(6);
    onOtherNode.find(4);
    orders.deleteCustomer("c1"); // of 4, not of 6
    assertThat(otherState.loads).isEmpty();
    Await.until("the other node has to load it", DEADLINE, this::loadedOnOtherNode);
    loads();
    orders.find(6);
    assertThat(loads()).isEmpty();
    orders.clear();
    orders.find(6);
    orders.find(4);
    assertThat(loads()).containsExactly(6L, 4L);
  }

  @Test
  void aRecordIsAKey() {
    assertThat(orders.list(new Filter("A", 1))).isEqualTo(orders.list(new Filter("A", 1)));
    orders.list(new Filter("A", 2));
    orders.list(new Filter("B", 1));
    orders.list(new Filter(null, 1));
    orders.list(new Filter(null, 1));
    assertThat(loads()).hasSize(4);
    assertThat(onOtherNode.list(new Filter(null, 1))).hasSize(1);
    assertThat(otherState.loads).isEmpty();
  }

  @Test
  void callersOfAStageShareOneLoadWithoutWaiting() throws Exception {
    CompletableFuture<Order> first = orders.later(1);
    CompletableFuture<Order> second = orders.later(1);
    assertThat(first).isNotDone();
    assertThat(second).isNotDone().isNotSameAs(first);
    second.cancel(false);
    state.pending.complete(Optional.of(new Order(1, "DONE", "c")));

    assertThat(first.get(10, TimeUnit.SECONDS)).isEqualTo(new Order(1, "DONE", "c"));
    assertThat(orders.later(1)).isCompletedWithValue(new Order(1, "DONE", "c"));
    assertThat(loads()).hasSize(1);
    assertThat(onOtherNode.later(1)).succeedsWithin(DEADLINE).isEqualTo(new Order(1, "DONE", "c"));
    assertThat(otherState.loads).isEmpty();
  }

  @Test
  void aFailedStageIsNotKeptAndNotWrapped() {
    CompletionStage<Optional<Order>> first = uncheckedMaybe(1);
    CompletionStage<Optional<Order>> second = uncheckedMaybe(1);
    IOException failure = new IOException("database is down");
    state.pending.completeExceptionally(failure);

    for (CompletionStage<Optional<Order>> each : List.of(first, second)) {
      Throwable[] seen = new Throwable[1];
      var unused = each.whenComplete((value, thrown) -> seen[0] = thrown);
      assertThat(seen[0]).isSameAs(failure);
      assertThatThrownBy(() -> each.toCompletableFuture().get(10, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasCause(failure);
    }
    state.pending = CompletableFuture.completedFuture(Optional.of(new Order(1, "DONE", "c")));
    assertThat(uncheckedMaybe(1).toCompletableFuture())
        .isCompletedWithValue(Optional.of(new Order(1, "DONE", "c")));
    assertThat(loads()).hasSize(2);
    assertThatThrownBy(() -> orders.maybeLater(-1)).isExactlyInstanceOf(IOException.class);
    assertThatThrownBy(() -> orders.maybeLater(-1)).isExactlyInstanceOf(IOException.class);
  }

  @Test
  void keepsWhatIsInTheOptionalOfAStage() {
    state.pending = CompletableFuture.completedFuture(Optional.empty());
    assertThat(uncheckedMaybe(1).toCompletableFuture()).isCompletedWithValue(Optional.empty());
    state.pending = CompletableFuture.completedFuture(Optional.of(new Order(1, "OPEN", "c")));
    uncheckedMaybe(1);
    uncheckedMaybe(1);
    assertThat(loads()).as("neither nothing nor what unless excludes").hasSize(3);
    state.pending = CompletableFuture.completedFuture(Optional.of(new Order(1, "DONE", "c")));
    uncheckedMaybe(1);
    assertThat(uncheckedMaybe(1).toCompletableFuture())
        .isCompletedWithValue(Optional.of(new Order(1, "DONE", "c")));
    assertThat(loads()).hasSize(1);
  }

  @Test
  void anInvalidationEndsAStageThatIsUnderWay() throws Exception { // I1
    CompletableFuture<Order> stale = orders.later(1);
    CompletableFuture<Optional<Order>> staleSource = state.pending;
    state.pending = CompletableFuture.completedFuture(Optional.empty());
    assertThat(orders.deleteLater(1)).isCompleted();
    staleSource.complete(Optional.of(new Order(1, "OLD", "c")));

    assertThat(stale.get(10, TimeUnit.SECONDS).status()).isEqualTo("OLD");
    state.pending = CompletableFuture.completedFuture(Optional.of(new Order(1, "NEW", "c")));
    assertThat(orders.later(1).get(10, TimeUnit.SECONDS).status()).isEqualTo("NEW");
  }

  @Test
  void aStageAsksForItsOwnKeyAfterwards() throws Exception {
    CompletableFuture<Order> first = orders.later(5);
    CompletableFuture<Order> sameThread = orders.later(5); // no dead end: the pilot handed over
    state.pending.complete(Optional.of(new Order(5, "DONE", "c")));
    assertThat(sameThread.get(10, TimeUnit.SECONDS)).isSameAs(first.get(10, TimeUnit.SECONDS));
  }

  @Test
  void aBatchAsksForWhatIsMissing() {
    assertThat(orders.names(List.of(3L, 1L)))
        .containsExactly(Map.entry(3L, "n3"), Map.entry(1L, "n1"));
    assertThat(orders.names(List.of(1L, 2L, 3L, 2L)))
        .containsExactly(Map.entry(1L, "n1"), Map.entry(2L, "n2"), Map.entry(3L, "n3"));
    assertThat(orders.names(List.of(-1L))).isEmpty();
    assertThat(orders.names(List.of())).isEmpty();
    assertThat(orders.name(2)).as("one cache for one and for many").isEqualTo("n2");
    assertThat(loads()).containsExactly(List.of(3L, 1L), List.of(2L), List.of(-1L));
  }

  @Test
  void theOtherArgumentsOfABatchArePartOfItsKeys() {
    assertThat(orders.translate("de", Set.of("a"), 1)).containsEntry("a", "ade1");
    assertThat(orders.translate("fr", Set.of("a"), 1)).containsEntry("a", "afr1");
    assertThat(orders.translate("de", Set.of("a"), 2)).containsEntry("a", "ade2");
    assertThat(orders.translate("de", Set.of("a"), 1)).containsEntry("a", "ade1");
    assertThat(loads()).hasSize(3);
  }

  @Test
  void loadsOncePerKeyUnderContention() throws Exception { // I2
    AtomicInteger running = new AtomicInteger();
    state.entered = new CountDownLatch(1);
    state.proceed = new CountDownLatch(1);
    int callers = 50;
    ExecutorService threads = Executors.newFixedThreadPool(callers);
    try {
      List<Future<Order>> results = new ArrayList<>();
      for (int i = 0; i < callers; i++) {
        results.add(
            threads.submit(
                () -> {
                  running.incrementAndGet();
                  return orders.find(2);
                }));
      }
      Await.until("all call", DEADLINE, () -> running.get() == callers);
      state.proceed.countDown();
      for (Future<Order> result : results) {
        assertThat(result.get(10, TimeUnit.SECONDS).id()).isEqualTo(2);
      }
      assertThat(loads()).hasSize(1);
    } finally {
      threads.shutdownNow();
    }
  }

  private boolean loadedOnOtherNode() {
    try {
      onOtherNode.find(4);
      return otherState.loads.contains(4L);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aStageGetsWhatAnotherNodeLoads() throws Exception {
    CompletionStage<Optional<Order>> here = uncheckedMaybe(orders, 7);
    Await.until("loading", DEADLINE, () -> state.loads.contains(7L));
    CompletionStage<Optional<Order>> there = uncheckedMaybe(onOtherNode, 7);
    assertThat(there.toCompletableFuture()).isNotDone();

    Optional<Order> order = Optional.of(new Order(7, "DONE", "c"));
    state.pending.complete(order);
    assertThat(there.toCompletableFuture().get(10, TimeUnit.SECONDS)).isEqualTo(order);
    assertThat(here.toCompletableFuture()).isCompletedWithValue(order);
    assertThat(otherState.loads).isEmpty();
  }

  @Test
  void aStageWaitsForAnotherNodeNoLongerThanALease(TestRedis server) throws Exception {
    String prefix = server.prefix() + UUID.randomUUID();
    try (Caches caches = Nodes.patient(server.client(), prefix);
        Caches otherCaches = Nodes.patient(server.client(), prefix)) {
      Formed<Orders> here = withShortLease(caches);
      Formed<Orders> there = withShortLease(otherCaches);
      CompletableFuture<Order> never = here.advised().later(9);
      there.state().pending =
          CompletableFuture.completedFuture(Optional.of(new Order(9, "THERE", "c")));
      assertThat(there.advised().later(9).get(10, TimeUnit.SECONDS).status()).isEqualTo("THERE");
      assertThat(never).isNotDone();
    }
  }

  private Formed<Orders> withShortLease(Caches caches) {
    CacheConfig config = CacheConfig.builder().lease(Duration.ofMillis(300)).build();
    return form.of(new Orders(), CacheAspect.builder(caches).config(config).build());
  }

  private CompletionStage<Optional<Order>> uncheckedMaybe(long id) {
    return uncheckedMaybe(orders, id);
  }

  private static CompletionStage<Optional<Order>> uncheckedMaybe(Orders orders, long id) {
    try {
      return orders.maybeLater(id);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}

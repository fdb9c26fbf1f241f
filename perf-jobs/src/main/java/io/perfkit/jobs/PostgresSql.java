package io.perfkit.jobs;

/** The statements of {@link PostgresStore}. Parameters are listed in their order. */
final class PostgresSql {
  static final String APP =
      """
      with made as (
        insert into perf_jobs_app (name) values (?) on conflict (name) do nothing returning id)
      select id from made union all select id from perf_jobs_app where name = ? limit 1""";

  /** node, app, seconds. */
  static final String JOIN =
      """
      insert into perf_jobs_owner (node, app, lease_until)
      values (?, ?, clock_timestamp() + make_interval(secs => ?)) returning id""";

  /** seconds, owner. No row if the incarnation is over. */
  static final String BEAT =
      """
      with beat as (
        update perf_jobs_owner set lease_until = clock_timestamp() + make_interval(secs => ?)
        where id = ? returning id)
      select job.id from beat
      left join perf_jobs_job job on job.owner = beat.id and job.state = 2 and job.cancel""";

  static final String OWNER_LIVES = "select exists (select 1 from perf_jobs_owner where id = ?)";

  /** app, queue: how many jobs wait. */
  static final String DEPTH =
      """
      select coalesce(sum(enqueued + replayed + retried + returned + rescued - crashed
        - claimed - removed), 0)
      from perf_jobs_count where app = ? and queue = ?""";

  /** app, queue, unique_key, job, millis, millis. One row if it was taken now. */
  static final String TAKE_UNIQUE =
      """
      insert into perf_jobs_unique as taken (app, queue, unique_key, job, until)
      values (?, ?, ?, ?,
        case when ? > 0 then clock_timestamp() + make_interval(secs => ? / 1000.0) end)
      on conflict (app, queue, unique_key) do update set job = excluded.job, until = excluded.until
        where taken.until <= clock_timestamp()
      returning job""";

  static final String UNIQUE_HOLDER =
      "select job from perf_jobs_unique where app = ? and queue = ? and unique_key = ?";

  /** app, queue, then arrays. Keyed jobs wait until {@link #GRANT}. */
  static final String INSERT =
      """
      with new as (
        insert into perf_jobs_job (app, queue, id, type, version, priority, job_key, per_key,
          unique_key, max_attempts, headers, payload, due_at, state)
        select ?, ?, n.id, n.type, n.version, n.priority, n.job_key, n.per_key, n.unique_key,
          n.max_attempts, n.headers, n.payload,
          clock_timestamp() + make_interval(secs => n.delay / 1000.0),
          case when n.delay > 0 then 1 when n.job_key is not null then 3 else 0 end
        from unnest(?::uuid[], ?::text[], ?::int[], ?::int[], ?::text[], ?::int[], ?::text[],
          ?::int[], ?::text[], ?::bytea[], ?::bigint[]) with ordinality
          as n (id, type, version, priority, job_key, per_key, unique_key, max_attempts, headers,
            payload, delay, n)
        order by n.n
        on conflict (id) do nothing
        returning id),
      counted as (
        insert into perf_jobs_count (app, queue, enqueued)
        select ?, ?, count(*) from new having count(*) > 0)
      select id from new""";

  /** app, queue, key[]: makes their rows. */
  static final String MAKE_KEYS =
      """
      insert into perf_jobs_key (app, queue, job_key, held)
      select ?, ?, k, 0 from (select distinct unnest(?::text[]) as k) keys order by k
      on conflict do nothing""";

  /**
   * app, queue, key[]: locks them in one order. A statement of its own, so that the next one sees
   * what the transaction before this one did.
   */
  static final String LOCK_KEYS =
      """
      select 1 from perf_jobs_key where app = ? and queue = ? and job_key = any (?)
      order by job_key for update""";

  /** key[], n[], app, queue: jobs that ended held them. */
  static final String FREE_KEYS =
      """
      update perf_jobs_key k set held = k.held - freed.n
      from (select key, sum(n) n from unnest(?::text[], ?::int[]) as f (key, n) group by key) freed
      where k.app = ? and k.queue = ? and k.job_key = freed.key""";

  /** app, queue, key[]: makes the next jobs of locked keys ready; forgets keys without jobs. */
  static final String GRANT =
      """
      with k as materialized (
        select app, queue, job_key, held from perf_jobs_key
        where app = ? and queue = ? and job_key = any (?)),
      next as materialized (
        select w.seq from k cross join lateral (
          select j.seq, j.per_key, row_number() over (order by j.place) as n
          from perf_jobs_job j
          where j.app = k.app and j.queue = k.queue and j.job_key = k.job_key and j.state = 3
          order by j.place limit 1000) w
        where k.held + w.n <= w.per_key),
      granted as (
        update perf_jobs_job j set state = 0, key_held = true from next where j.seq = next.seq
        returning j.job_key),
      grants as (select job_key, count(*) as n from granted group by job_key),
      held as (
        update perf_jobs_key u set held = u.held + grants.n from grants, k
        where u.app = k.app and u.queue = k.queue and u.job_key = k.job_key
          and k.job_key = grants.job_key),
      unused as (
        delete from perf_jobs_key d using k
        where d.app = k.app and d.queue = k.queue and d.job_key = k.job_key and k.held = 0
          and not exists (select 1 from grants where grants.job_key = k.job_key))
      select coalesce(sum(n), 0) from grants""";

  /** app, queue: delayed jobs whose time has come; returns the keys of those that wait for one. */
  static final String PROMOTE =
      """
      with due as materialized (
        select seq from perf_jobs_job
        where app = ? and queue = ? and state = 1 and due_at <= clock_timestamp()
        order by due_at, seq limit 500 for update skip locked),
      placed as materialized (select seq, nextval('perf_jobs_place') as place from due)
      update perf_jobs_job j set
        state = case when j.job_key is null or j.key_held then 0 else 3 end,
        place = case when j.attempt = 0 and not j.key_held then placed.place else j.place end
      from placed where j.seq = placed.seq
      returning case when j.state = 3 then j.job_key end""";

  /** app, queue: milliseconds until the next one is due. */
  static final String NEXT_DUE =
      """
      select ceil(extract(epoch from min(due_at) - clock_timestamp()) * 1000)
      from perf_jobs_job where app = ? and queue = ? and state = 1""";

  /**
   * owner, then slots (priority, limit, offset) in the order of their use, app, queue, type[],
   * places, owner, claim, app, queue. The limit ends the walk over the slots as soon as there are
   * enough jobs; the offset of the second slot of a priority passes those that the first one took.
   */
  static final String CLAIM =
      """
      with node as materialized (select id from perf_jobs_owner where id = ? for key share),
      chosen as materialized (
        select job.seq from node
        cross join unnest(?::int[], ?::int[], ?::int[]) as slot (priority, most, past)
        cross join lateral (
          select j.seq from perf_jobs_job j
          where j.app = ? and j.queue = ? and j.priority = slot.priority and j.state = 0
            and j.type = any (?)
          order by j.place limit slot.most offset slot.past for update skip locked) job
        limit ?),
      claimed as (
        update perf_jobs_job j
        set state = 2, owner = ?, claim = ?, attempt = j.attempt + 1, cancel = false
        from (select distinct seq from chosen) c where j.seq = c.seq
        returning j.seq, j.id, j.type, j.version, j.priority, j.job_key, j.attempt,
          j.max_attempts, j.crashes, j.headers, j.payload, j.place,
          extract(epoch from clock_timestamp() - j.due_at) as waited),
      counted as (
        insert into perf_jobs_count (app, queue, claimed)
        select ?, ?, count(*) from claimed having count(*) > 0)
      select * from claimed order by priority, place""";

  /**
   * seq[], owner[], claim[], kind[], delay[], reason[], error[], quiet[], app, queue. Kinds are the
   * codes of {@link Completion.Kind}. Returns the jobs that were still owned, and the keys that
   * they held and do no more.
   */
  static final String COMPLETE =
      """
      with told as materialized (
        select * from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::int[], ?::bigint[],
          ?::text[], ?::text[], ?::boolean[])
          as t (seq, owner, claim, kind, delay, reason, error, quiet)),
      mine as materialized (
        select t.kind, t.delay, t.reason, t.error, j.*
        from perf_jobs_job j join told t on t.seq = j.seq
        where j.owner = t.owner and j.claim = t.claim and j.state = 2
        order by j.seq for update of j),
      back as (
        update perf_jobs_job j set
          state = case when mine.delay > 0 then 1 else 0 end,
          due_at = clock_timestamp() + make_interval(secs => mine.delay / 1000.0),
          attempt = j.attempt - case when mine.kind = 5 then 1 else 0 end,
          owner = null, claim = null, cancel = false
        from mine where j.seq = mine.seq and mine.kind in (1, 5)),
      buried as (
        insert into perf_jobs_dead (id, died_at, app, version, per_key, priority, attempt,
          max_attempts, crashes, queue, type, reason, error, job_key, headers, payload)
        select id, clock_timestamp(), app, version, per_key, priority, attempt, max_attempts,
          crashes, queue, type, reason, error, job_key, headers, payload
        from mine where kind = 2 order by seq),
      freed as (
        delete from perf_jobs_unique u using mine
        where mine.kind not in (1, 5) and mine.unique_key is not null and u.app = mine.app
          and u.queue = mine.queue and u.unique_key = mine.unique_key and u.job = mine.id
          and u.until is null),
      ended as (
        delete from perf_jobs_job j using mine where j.seq = mine.seq and mine.kind not in (1, 5)),
      counted as (
        insert into perf_jobs_count (app, queue, done, retried, dead, discarded, cancelled,
          returned, stale)
        select ?, ?, count(*) filter (where mine.kind = 0), count(*) filter (where mine.kind = 1),
          count(*) filter (where mine.kind = 2), count(*) filter (where mine.kind = 3),
          count(*) filter (where mine.kind = 4), count(*) filter (where mine.kind = 5),
          count(*) filter (where mine.seq is null and not told.quiet)
        from told left join mine on mine.seq = told.seq)
      select seq, case when kind not in (1, 5) and key_held then job_key end from mine""";

  /**
   * owner, claim or null for all, 1 for a crash or 0, most crashes: jobs of an owner go back, or
   * die. Returns queue, whether it died, and the key that it held.
   */
  static final String TAKE_BACK =
      """
      with p as (select ?::bigint as owner, ?::bigint as claim, ?::int as crash, ?::int as most),
      mine as materialized (
        select j.*, p.crash, j.crashes + p.crash > p.most as dies from perf_jobs_job j, p
        where j.owner = p.owner and j.state = 2 and (p.claim is null or j.claim = p.claim)
        order by j.seq for update of j),
      back as (
        update perf_jobs_job j set state = 0, owner = null, claim = null, cancel = false,
          due_at = clock_timestamp(), attempt = j.attempt - 1, crashes = j.crashes + mine.crash
        from mine where j.seq = mine.seq and not mine.dies),
      buried as (
        insert into perf_jobs_dead (id, died_at, app, version, per_key, priority, attempt,
          max_attempts, crashes, queue, type, reason, error, job_key, headers, payload)
        select id, clock_timestamp(), app, version, per_key, priority, attempt - 1, max_attempts,
          crashes + 1, queue, type, 'CRASHES', '', job_key, headers, payload
        from mine where dies order by seq),
      freed as (
        delete from perf_jobs_unique u using mine
        where mine.dies and mine.unique_key is not null and u.app = mine.app
          and u.queue = mine.queue and u.unique_key = mine.unique_key and u.job = mine.id
          and u.until is null),
      ended as (delete from perf_jobs_job j using mine where j.seq = mine.seq and mine.dies),
      counted as (
        insert into perf_jobs_count (app, queue, returned, rescued, crashed, dead)
        select app, queue, count(*) filter (where crash = 0), count(*) filter (where crash = 1),
          count(*) filter (where dies), count(*) filter (where dies)
        from mine group by app, queue)
      select queue, dies, case when key_held then job_key end from mine""";

  /** app: incarnations whose lease is over, locked; one that another node rescues is passed. */
  static final String EXPIRED =
      """
      select id from perf_jobs_owner where app = ? and lease_until <= clock_timestamp()
      order by id limit 10 for update skip locked""";

  static final String DROP_OWNER = "delete from perf_jobs_owner where id = ?";

  /** seconds, app. */
  static final String PURGE_DEAD =
      """
      delete from perf_jobs_dead where seq in (
        select seq from perf_jobs_dead
        where died_at <= clock_timestamp() - make_interval(secs => ?) and app = ?
        order by seq limit 1000 for update skip locked)""";

  static final String PURGE_UNIQUE =
      """
      delete from perf_jobs_unique where (app, queue, unique_key) in (
        select app, queue, unique_key from perf_jobs_unique
        where app = ? and until <= clock_timestamp() limit 1000 for update skip locked)""";

  /** app: adds up what is more than a few rows. */
  static final String FOLD_COUNTS =
      """
      with folded as (
        delete from perf_jobs_count where seq in (
          select seq from perf_jobs_count where app = ? order by seq limit 20000
          for update skip locked)
        returning *)
      insert into perf_jobs_count (app, queue, enqueued, replayed, claimed, done, retried, dead,
        discarded, cancelled, removed, returned, rescued, crashed, stale)
      select app, queue, sum(enqueued), sum(replayed), sum(claimed), sum(done), sum(retried),
        sum(dead), sum(discarded), sum(cancelled), sum(removed), sum(returned), sum(rescued),
        sum(crashed), sum(stale)
      from folded group by app, queue""";

  /** app: keys that may have a place for a job that waits. */
  static final String STUCK_KEYS =
      """
      select distinct j.queue, j.job_key from perf_jobs_job j
      left join perf_jobs_key k on k.app = j.app and k.queue = j.queue and k.job_key = j.job_key
      where j.app = ? and j.state = 3 and coalesce(k.held, 0) < j.per_key limit 500""";

  private static final String COUNTS =
      """
      select queue, sum(enqueued), sum(replayed), sum(claimed), sum(done), sum(retried), sum(dead),
        sum(discarded), sum(cancelled), sum(removed), sum(returned), sum(rescued), sum(crashed),
        sum(stale), %s
      from perf_jobs_count c where app = ? group by queue""";

  /** app. Waiting and in flight follow from the counters. */
  static final String COUNTS_DERIVED =
      COUNTS.formatted(
          """
          sum(enqueued + replayed + retried + returned + rescued - crashed - claimed - removed),
          sum(claimed - done - retried - dead + crashed - discarded - cancelled - returned
            - rescued)""");

  /** app. Waiting and in flight are counted, in the same snapshot. */
  static final String COUNTS_OF_ROWS =
      COUNTS.formatted(
          """
          (select count(*) from perf_jobs_job j
            where j.app = min(c.app) and j.queue = c.queue and j.state <> 2),
          (select count(*) from perf_jobs_job j
            where j.app = min(c.app) and j.queue = c.queue and j.state = 2)""");

  /** id, app: what a cancel or a replay has to lock. */
  static final String JOB = "select queue, job_key from perf_jobs_job where id = ? and app = ?";

  static final String ASK_TO_STOP =
      "update perf_jobs_job set cancel = true where id = ? and app = ? and state = 2";

  /** id, app: takes out a job that has not started. */
  static final String REMOVE =
      """
      with gone as (
        delete from perf_jobs_job where id = ? and app = ? and state <> 2
        returning app, queue, unique_key, id, key_held),
      freed as (
        delete from perf_jobs_unique u using gone
        where u.app = gone.app and u.queue = gone.queue and u.unique_key = gone.unique_key
          and u.job = gone.id and u.until is null),
      counted as (
        insert into perf_jobs_count (app, queue, removed) select app, queue, 1 from gone)
      select key_held from gone""";

  static final String DEAD_LETTERS =
      """
      select id, queue, type, version, reason, error, attempt, crashes, died_at
      from perf_jobs_dead where app = ? and queue = ? order by seq desc limit ?""";

  /** id, app: makes a dead letter a job. */
  static final String REPLAY =
      """
      with risen as (delete from perf_jobs_dead where id = ? and app = ? returning *),
      counted as (
        insert into perf_jobs_count (app, queue, replayed) select app, queue, 1 from risen)
      insert into perf_jobs_job (app, queue, id, type, version, priority, job_key, per_key,
        max_attempts, headers, payload, due_at, state)
      select app, queue, id, type, version, priority, job_key, per_key, max_attempts, headers,
        payload, clock_timestamp(), case when job_key is null then 0 else 3 end
      from risen returning queue, job_key""";

  static final String DELETE_DEAD = "delete from perf_jobs_dead where id = ? and app = ?";

  private PostgresSql() {}
}

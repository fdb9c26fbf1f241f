-- Tables of perf-jobs, version 1. Several applications may share them; app keeps them apart.
create table perf_jobs_app (
  id int generated always as identity primary key,
  name text not null unique
);
-- One row per incarnation of a node: its lease. A claim needs the row, a rescue deletes it.
create table perf_jobs_owner (
  id bigint generated always as identity primary key,
  app int not null,
  node text not null,
  lease_until timestamptz not null
) with (fillfactor = 50);
create sequence perf_jobs_place;
-- Jobs that have not ended. state: 0 ready, 1 delayed, 2 owned, 3 waits for its key.
create table perf_jobs_job (
  seq bigint generated always as identity primary key,
  id uuid not null unique,
  place bigint not null default nextval('perf_jobs_place'),
  owner bigint,
  claim bigint,
  due_at timestamptz not null,
  app int not null,
  version int not null,
  per_key int not null,
  state smallint not null,
  priority smallint not null,
  attempt smallint not null default 0,
  max_attempts smallint not null,
  crashes smallint not null default 0,
  key_held boolean not null default false,
  cancel boolean not null default false,
  queue text not null,
  type text not null,
  job_key text,
  unique_key text,
  headers text,
  payload bytea not null
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
create index perf_jobs_ready on perf_jobs_job (app, queue, priority, place) where state = 0;
create index perf_jobs_due on perf_jobs_job (app, queue, due_at) where state = 1;
create index perf_jobs_owned on perf_jobs_job (owner) where state = 2;
create index perf_jobs_waits on perf_jobs_job (app, queue, job_key, place) where state = 3;
-- How many ready, owned or retried jobs hold a key.
create table perf_jobs_key (
  app int not null,
  queue text not null,
  job_key text not null,
  held int not null,
  primary key (app, queue, job_key)
);
-- Taken unique keys; until is null for one that is free when its job ends.
create table perf_jobs_unique (
  app int not null,
  queue text not null,
  unique_key text not null,
  job uuid not null,
  until timestamptz,
  primary key (app, queue, unique_key)
);
create table perf_jobs_dead (
  seq bigint generated always as identity primary key,
  id uuid not null unique,
  died_at timestamptz not null,
  app int not null,
  version int not null,
  per_key int not null,
  priority smallint not null,
  attempt smallint not null,
  max_attempts smallint not null,
  crashes smallint not null,
  queue text not null,
  type text not null,
  reason text not null,
  error text not null,
  job_key text,
  headers text,
  payload bytea not null
);
create index perf_jobs_dead_newest on perf_jobs_dead (app, queue, seq);
-- Changes of the counters, added up from time to time; a sum over them is exact at any moment.
create table perf_jobs_count (
  seq bigint generated always as identity primary key,
  app int not null,
  queue text not null,
  enqueued bigint not null default 0,
  replayed bigint not null default 0,
  claimed bigint not null default 0,
  done bigint not null default 0,
  retried bigint not null default 0,
  dead bigint not null default 0,
  discarded bigint not null default 0,
  cancelled bigint not null default 0,
  removed bigint not null default 0,
  returned bigint not null default 0,
  rescued bigint not null default 0,
  crashed bigint not null default 0,
  stale bigint not null default 0
);
create index perf_jobs_count_queue on perf_jobs_count (app, queue);
create table perf_jobs_version (
  version int not null
);
insert into perf_jobs_version values (1);

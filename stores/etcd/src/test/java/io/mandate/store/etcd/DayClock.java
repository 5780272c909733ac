package io.mandate.store.etcd;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicInteger;

/** A clock that stands still but for the days it is told. */
final class DayClock extends Clock {
    private final Instant begin;
    private final AtomicInteger days;

    DayClock(Instant begin, AtomicInteger days) {
        this.begin = begin;
        this.days = days;
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        return this;
    }

    @Override
    public Instant instant() {
        return begin.plus(Duration.ofDays(days.get()));
    }
}

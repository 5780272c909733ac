package io.mandate.testkit;

import io.mandate.election.internal.time.SystemScheduler;
import io.mandate.election.store.EmulatedLeases;
import io.mandate.election.store.LeaseStore;
import java.util.SplittableRandom;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.AfterEach;

class ObservedLeasesConformanceTest extends StoreConformance {
    private final MemoryRecords records = new MemoryRecords(ForkJoinPool.commonPool());
    private final SystemScheduler clock = new SystemScheduler("observer");

    @Override
    protected LeaseStore connect() {
        return new EmulatedLeases(
                records.connect(), clock, new EmulatedLeases.Options(200, 0.01), new SplittableRandom());
    }

    @AfterEach
    void stop() {
        clock.close();
    }
}

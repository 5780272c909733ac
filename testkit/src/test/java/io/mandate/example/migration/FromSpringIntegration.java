package io.mandate.example.migration;

import io.mandate.election.DistributedLock;
import io.mandate.election.LockHandle;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongConsumer;

final class FromSpringIntegration {
    private FromSpringIntegration() {}

    /** Was: registry.obtain("invoice-7") and tryLock(5, SECONDS). */
    static boolean withLock(DistributedLock lock, LongConsumer section) throws InterruptedException {
        Optional<LockHandle> acquired = lock.tryAcquire(Duration.ofSeconds(5));
        if (acquired.isEmpty()) {
            return false;
        }
        try (LockHandle held = acquired.get()) {
            section.accept(held.term().token());
            return true;
        }
    }
}

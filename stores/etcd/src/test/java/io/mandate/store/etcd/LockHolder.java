package io.mandate.store.etcd;

import io.mandate.election.DistributedLock;
import io.mandate.election.Election;
import io.mandate.election.LockHandle;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * A process that takes a lock, says with which token, and unlocks when it is sent a line. Arguments: the store's
 * address, the lock's name.
 */
final class LockHolder {
    private LockHolder() {}

    public static void main(String[] arguments) throws Exception {
        try (EtcdStore store = EtcdStore.connect(arguments[0]);
                DistributedLock lock = Election.on(store)
                        .name(arguments[1])
                        .ttl(Duration.ofSeconds(2))
                        .lock();
                LockHandle held = lock.acquire()) {
            System.out.println("holder: " + held.term().token());
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
        }
        System.out.println("holder: unlocked");
    }
}

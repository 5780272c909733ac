package io.mandate.server.etcd;

import static io.mandate.server.etcd.Door.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.Status;
import io.mandate.etcdapi.LeaseGrantRequest;
import io.mandate.etcdapi.LeaseRevokeRequest;
import io.mandate.etcdapi.lock.LockGrpc;
import io.mandate.etcdapi.lock.LockRequest;
import io.mandate.etcdapi.lock.LockResponse;
import io.mandate.etcdapi.lock.UnlockRequest;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LockServiceTest {
    private static final int WAIT_SECONDS_MAX = 20;

    private final Door door = new Door();

    @AfterEach
    void close() {
        door.close();
    }

    private long lease(long id) {
        return door.lease()
                .leaseGrant(LeaseGrantRequest.newBuilder().setID(id).setTTL(60).build())
                .getID();
    }

    private void revoke(long id) {
        door.lease().leaseRevoke(LeaseRevokeRequest.newBuilder().setID(id).build());
    }

    private ListenableFuture<LockResponse> lock(long lease) {
        return LockGrpc.newFutureStub(door.channel)
                .lock(LockRequest.newBuilder()
                        .setName(bytes("l"))
                        .setLease(lease)
                        .build());
    }

    private void unlock(String key) {
        LockGrpc.newBlockingStub(door.channel)
                .withDeadlineAfter(WAIT_SECONDS_MAX, TimeUnit.SECONDS)
                .unlock(UnlockRequest.newBuilder().setKey(bytes(key)).build());
    }

    private static String key(ListenableFuture<LockResponse> lock) throws Exception {
        return lock.get(WAIT_SECONDS_MAX, TimeUnit.SECONDS).getKey().toStringUtf8();
    }

    private void awaitInLine(int count) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS_MAX);
        while (door.kv().range(Door.range("l/", "l0")).getCount() != count) {
            assertThat(System.nanoTime()).as("time-out for %s in line", count).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    @Test
    void theLockGoesFromOneToTheNextInLine() throws Exception {
        assertThat(key(lock(lease(1)))).isEqualTo("l/1");
        ListenableFuture<LockResponse> second = lock(lease(2));
        awaitInLine(2);
        ListenableFuture<LockResponse> third = lock(lease(3));
        awaitInLine(3);
        assertThat(second.isDone()).isFalse();
        unlock("l/1");
        assertThat(key(second)).isEqualTo("l/2");
        assertThat(third.isDone()).isFalse();
        revoke(2);
        assertThat(key(third)).isEqualTo("l/3");
    }

    @Test
    void theSameLeaseHoldsTheSameLock() throws Exception {
        assertThat(key(lock(lease(1)))).isEqualTo("l/1");
        assertThat(key(lock(1))).isEqualTo("l/1");
        unlock("l/1");
        awaitInLine(0);
    }

    @Test
    void whoGivesUpLeavesTheLine() throws Exception {
        key(lock(lease(1)));
        ListenableFuture<LockResponse> second = lock(lease(2));
        awaitInLine(2);
        second.cancel(true);
        awaitInLine(1);
    }

    @Test
    void whoseLeaseEndsWhileItWaitsDoesNotGetTheLock() throws Exception {
        key(lock(lease(1)));
        ListenableFuture<LockResponse> second = lock(lease(2));
        awaitInLine(2);
        revoke(2);
        unlock("l/1");
        assertThatThrownBy(() -> key(second)).hasMessageContaining("UNKNOWN: mutex: session is expired");
    }

    @Test
    void unlockingWhatIsNotLockedIsFine() {
        unlock("l/404");
    }

    @Test
    void refusalsAreUnknown() {
        Door.assertRefused(
                () -> LockGrpc.newBlockingStub(door.channel)
                        .lock(LockRequest.newBuilder()
                                .setName(bytes("l"))
                                .setLease(404)
                                .build()),
                Status.Code.UNKNOWN,
                "etcdserver: requested lease not found");
    }
}

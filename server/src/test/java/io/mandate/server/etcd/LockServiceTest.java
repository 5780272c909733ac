package io.mandate.server.etcd;

import static io.mandate.server.etcd.EtcdApiFixture.bytes;
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

    private final EtcdApiFixture api = new EtcdApiFixture();

    @AfterEach
    void close() {
        api.close();
    }

    private long lease(long id) {
        return api.lease()
                .leaseGrant(LeaseGrantRequest.newBuilder().setID(id).setTTL(60).build())
                .getID();
    }

    private void revoke(long id) {
        api.lease().leaseRevoke(LeaseRevokeRequest.newBuilder().setID(id).build());
    }

    private ListenableFuture<LockResponse> lock(long lease) {
        return LockGrpc.newFutureStub(api.channel)
                .lock(LockRequest.newBuilder()
                        .setName(bytes("l"))
                        .setLease(lease)
                        .build());
    }

    private void unlock(String key) {
        LockGrpc.newBlockingStub(api.channel)
                .withDeadlineAfter(WAIT_SECONDS_MAX, TimeUnit.SECONDS)
                .unlock(UnlockRequest.newBuilder().setKey(bytes(key)).build());
    }

    private static String key(ListenableFuture<LockResponse> lock) throws Exception {
        return lock.get(WAIT_SECONDS_MAX, TimeUnit.SECONDS).getKey().toStringUtf8();
    }

    private void awaitQueueLength(int count) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS_MAX);
        while (api.kv().range(EtcdApiFixture.range("l/", "l0")).getCount() != count) {
            assertThat(System.nanoTime())
                    .as("timeout waiting for a queue of %s", count)
                    .isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    @Test
    void theLockPassesToTheNextInTheQueue() throws Exception {
        assertThat(key(lock(lease(1)))).isEqualTo("l/1");
        ListenableFuture<LockResponse> second = lock(lease(2));
        awaitQueueLength(2);
        ListenableFuture<LockResponse> third = lock(lease(3));
        awaitQueueLength(3);
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
        awaitQueueLength(0);
    }

    @Test
    void aCancelledWaiterLeavesTheQueue() throws Exception {
        key(lock(lease(1)));
        ListenableFuture<LockResponse> second = lock(lease(2));
        awaitQueueLength(2);
        second.cancel(true);
        awaitQueueLength(1);
    }

    @Test
    void aWaiterWhoseLeaseEndsDoesNotGetTheLock() throws Exception {
        key(lock(lease(1)));
        ListenableFuture<LockResponse> second = lock(lease(2));
        awaitQueueLength(2);
        revoke(2);
        unlock("l/1");
        assertThatThrownBy(() -> key(second)).hasMessageContaining("UNKNOWN: mutex: session is expired");
    }

    @Test
    void unlockingAnUnknownKeySucceeds() {
        unlock("l/404");
    }

    @Test
    void refusalsAreUnknown() {
        EtcdApiFixture.assertRefused(
                () -> LockGrpc.newBlockingStub(api.channel)
                        .lock(LockRequest.newBuilder()
                                .setName(bytes("l"))
                                .setLease(404)
                                .build()),
                Status.Code.UNKNOWN,
                "etcdserver: requested lease not found");
    }
}

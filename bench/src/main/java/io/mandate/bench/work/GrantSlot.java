package io.mandate.bench.work;

import io.grpc.Channel;
import io.mandate.bench.harness.UnarySlot;
import io.mandate.etcdapi.LeaseGrantRequest;
import io.mandate.etcdapi.LeaseGrantResponse;
import io.mandate.etcdapi.LeaseGrpc;
import java.util.Optional;
import java.util.function.LongConsumer;

/** Grants leases that outlive the run. */
final class GrantSlot extends UnarySlot<LeaseGrantRequest, LeaseGrantResponse> {
    /** An hour: no run takes as long. */
    private static final long TTL_SECONDS = 3600;

    private static final LeaseGrantRequest REQUEST =
            LeaseGrantRequest.newBuilder().setTTL(TTL_SECONDS).build();

    private final LongConsumer leases;

    /** @param leases is told every id granted, by any thread */
    GrantSlot(Channel channel, LongConsumer leases) {
        super(channel, LeaseGrpc.getLeaseGrantMethod());
        this.leases = leases;
    }

    @Override
    protected LeaseGrantRequest request() {
        return REQUEST;
    }

    @Override
    protected Optional<String> accept(LeaseGrantResponse answer) {
        if (answer.getID() == 0 || !answer.getError().isEmpty()) {
            return Optional.of("lease not granted: " + answer.getError());
        }
        leases.accept(answer.getID());
        return Optional.empty();
    }
}

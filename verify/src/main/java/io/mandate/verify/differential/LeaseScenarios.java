package io.mandate.verify.differential;

import io.mandate.etcdapi.LeaseGrantRequest;
import io.mandate.etcdapi.LeaseLeasesRequest;
import io.mandate.etcdapi.LeaseRevokeRequest;
import io.mandate.etcdapi.LeaseTimeToLiveRequest;

/** Scripted leases. */
final class LeaseScenarios {
    private static final int LEASES_PER_SCENARIO = 100;
    private static final long TTL_SECONDS_MAX = 9_000_000_000L;
    private static final int STREAM = 60;

    private LeaseScenarios() {}

    /** Distinct for every scenario's name, which ends in its number. */
    static long leaseId(String name, int index) {
        return 10_000_000 + Long.parseLong(name.substring(1)) * LEASES_PER_SCENARIO + index;
    }

    static Script grantsAndRevokes(String name) {
        long lease = leaseId(name, 0);
        long other = leaseId(name, 1);
        String key = name + "/key";
        Script script = new Script();
        for (long ttl :
                new long[] {1, 0, -5, Long.MIN_VALUE, 2, 3, TTL_SECONDS_MAX, TTL_SECONDS_MAX + 1, Long.MAX_VALUE}) {
            script.call(UnaryCall.LEASE_GRANT, Requests.grant(lease, ttl))
                    .call(UnaryCall.LEASE_TIME_TO_LIVE, timeToLive(lease))
                    .call(UnaryCall.LEASE_REVOKE, revoke(lease));
        }
        return script.call(UnaryCall.LEASE_GRANT, Requests.grant(lease, 1000))
                .call(UnaryCall.LEASE_GRANT, Requests.grant(lease, 1000))
                .call(UnaryCall.LEASE_GRANT, Requests.grant(lease, -1))
                .call(UnaryCall.LEASE_GRANT, Requests.grant(lease, Long.MAX_VALUE))
                .call(UnaryCall.LEASE_GRANT, LeaseGrantRequest.newBuilder().setTTL(2000))
                .call(UnaryCall.LEASE_GRANT, Requests.grant(-lease, 3000))
                .call(UnaryCall.PUT, Requests.put(key + "/2", "v").setLease(lease))
                .call(UnaryCall.PUT, Requests.put(key + "/1", "v").setLease(lease))
                .call(UnaryCall.PUT, Requests.put(key + "/3", "v").setLease(-lease))
                .call(UnaryCall.LEASE_TIME_TO_LIVE, timeToLive(lease))
                .call(UnaryCall.LEASE_TIME_TO_LIVE, timeToLive(lease).setKeys(false))
                .call(UnaryCall.PUT, Requests.put(key + "/2", "moved").setLease(-lease))
                .call(UnaryCall.PUT, Requests.put(key + "/3", "detached"))
                .call(UnaryCall.LEASE_TIME_TO_LIVE, timeToLive(lease))
                .call(UnaryCall.LEASE_TIME_TO_LIVE, timeToLive(-lease))
                .call(UnaryCall.LEASE_TIME_TO_LIVE, timeToLive(other))
                .call(UnaryCall.LEASE_TIME_TO_LIVE, timeToLive(0))
                .step(new Step.KeepAlive(lease))
                .step(new Step.KeepAlive(-lease))
                .step(new Step.KeepAlive(other))
                .step(new Step.KeepAlive(0))
                .step(model -> new Step.KeepAlive(model.leaseChosenByServer()))
                .call(UnaryCall.LEASE_LEASES, LeaseLeasesRequest.newBuilder())
                .call(UnaryCall.RANGE, Requests.prefix(name))
                .call(UnaryCall.LEASE_REVOKE, revoke(-lease))
                .call(UnaryCall.LEASE_REVOKE, revoke(-lease))
                .call(UnaryCall.LEASE_REVOKE, revoke(lease))
                .call(UnaryCall.LEASE_REVOKE, revoke(0))
                .call(UnaryCall.LEASE_REVOKE, model -> revoke(model.leaseChosenByServer()))
                .step(new Step.KeepAlive(lease))
                .call(UnaryCall.RANGE, Requests.prefix(name))
                .call(UnaryCall.DELETE_RANGE, Requests.deletePrefix(name));
    }

    /**
     * The shortest lease there is, until its keys are gone by themselves. Without other writes in between, its revision
     * is no chance.
     */
    static Script expiry(String name) {
        long lease = leaseId(name, 0);
        return new Script()
                .step(new Step.WatchOpen(STREAM))
                .step(new Step.WatchCreate(
                        STREAM, Requests.watchPrefix(name).setPrevKv(true).build()))
                .step(new Step.WatchCreate(
                        STREAM, Requests.watchPrefix(name).addFiltersValue(0).build()))
                .call(UnaryCall.LEASE_GRANT, Requests.grant(lease, 1))
                .call(UnaryCall.PUT, Requests.put(name + "/2", "two").setLease(lease))
                .call(UnaryCall.PUT, Requests.put(name + "/1", "one").setLease(lease))
                .call(UnaryCall.PUT, Requests.put(name + "/0", "none"))
                .step(new Step.AwaitCount(Requests.prefix(name).build(), 1))
                .call(UnaryCall.LEASE_TIME_TO_LIVE, timeToLive(lease))
                .step(new Step.KeepAlive(lease))
                .call(UnaryCall.LEASE_REVOKE, revoke(lease))
                .call(UnaryCall.PUT, Requests.put(name + "/1", "too late").setLease(lease))
                .call(UnaryCall.DELETE_RANGE, Requests.deletePrefix(name))
                .sync()
                .step(new Step.WatchClose(STREAM));
    }

    static LeaseRevokeRequest.Builder revoke(long lease) {
        return LeaseRevokeRequest.newBuilder().setID(lease);
    }

    private static LeaseTimeToLiveRequest.Builder timeToLive(long lease) {
        return LeaseTimeToLiveRequest.newBuilder().setID(lease).setKeys(true);
    }
}

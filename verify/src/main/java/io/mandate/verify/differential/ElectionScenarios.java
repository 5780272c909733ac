package io.mandate.verify.differential;

import static io.mandate.verify.differential.LeaseScenarios.leaseId;
import static io.mandate.verify.differential.LeaseScenarios.revoke;
import static io.mandate.verify.differential.Requests.bytes;

import io.mandate.etcdapi.RangeRequest;
import io.mandate.etcdapi.election.CampaignRequest;
import io.mandate.etcdapi.election.CampaignResponse;
import io.mandate.etcdapi.election.LeaderKey;
import io.mandate.etcdapi.election.LeaderRequest;
import io.mandate.etcdapi.election.ProclaimRequest;
import io.mandate.etcdapi.election.ResignRequest;
import io.mandate.etcdapi.lock.LockRequest;
import io.mandate.etcdapi.lock.LockResponse;
import io.mandate.etcdapi.lock.UnlockRequest;

/** Scripted elections and locks. Leases last long enough that only the script ends them. */
final class ElectionScenarios {
    private static final long TTL_SECONDS = 5000;

    private ElectionScenarios() {}

    static Script elections(String name) {
        long lease = leaseId(name, 0);
        return new Script()
                .call(UnaryCall.LEADER, leader(name))
                .call(UnaryCall.CAMPAIGN, campaign(name, lease, "no such lease"))
                .call(UnaryCall.PROCLAIM, ProclaimRequest.newBuilder().setValue(bytes("nobody's")))
                .call(UnaryCall.RESIGN, ResignRequest.newBuilder())
                .call(UnaryCall.LEASE_GRANT, Requests.grant(lease, TTL_SECONDS))
                .call(UnaryCall.CAMPAIGN, campaign(name, lease, "one"))
                .call(UnaryCall.CAMPAIGN, campaign(name, lease, "one"))
                .call(UnaryCall.CAMPAIGN, campaign(name, lease, "two"))
                .call(UnaryCall.LEADER, leader(name))
                .call(UnaryCall.PROCLAIM, model -> proclaim(won(model, "CAMPAIGN"), "three"))
                .call(UnaryCall.PROCLAIM, model -> proclaim(staleTwin(won(model, "CAMPAIGN")), "four"))
                .call(UnaryCall.RESIGN, model -> resign(staleTwin(won(model, "CAMPAIGN"))))
                .call(UnaryCall.RANGE, Requests.prefix(name))
                .call(UnaryCall.RESIGN, model -> resign(won(model, "CAMPAIGN")))
                .call(UnaryCall.RESIGN, model -> resign(won(model, "CAMPAIGN")))
                .call(UnaryCall.PROCLAIM, model -> proclaim(won(model, "CAMPAIGN"), "five"))
                .call(UnaryCall.LEADER, leader(name))
                .call(UnaryCall.CAMPAIGN, campaign(name + "/below", lease, ""))
                .call(UnaryCall.LEADER, leader(name))
                .call(UnaryCall.LEASE_REVOKE, revoke(lease))
                .call(UnaryCall.CAMPAIGN, campaign(name, 0, "the server's own lease"))
                .call(UnaryCall.LEADER, leader(name))
                .call(UnaryCall.RANGE, Requests.prefix(name))
                .call(UnaryCall.RESIGN, model -> resign(won(model, "CAMPAIGN")))
                .call(
                        UnaryCall.LEASE_REVOKE,
                        model -> revoke(won(model, "CAMPAIGN").getLease()))
                .call(UnaryCall.LEADER, leader(""))
                .call(UnaryCall.CAMPAIGN, campaign("", lease, "no name, no lease"));
    }

    static Script rivals(String name) {
        Script script = new Script();
        for (int i = 0; i < 4; i++) {
            script.call(UnaryCall.LEASE_GRANT, Requests.grant(leaseId(name, i), TTL_SECONDS));
        }
        return script.step(new Step.ObserveOpen(name, leader(name).build()))
                .call(UnaryCall.CAMPAIGN, campaign(name, leaseId(name, 0), "A"))
                .step(new Step.ObserveNext(name))
                .step(new Step.Begin(
                        "B",
                        UnaryCall.CAMPAIGN,
                        campaign(name, leaseId(name, 1), "B").build()))
                .step(awaitCandidates(name, 2))
                .step(new Step.Begin(
                        "C",
                        UnaryCall.CAMPAIGN,
                        campaign(name, leaseId(name, 2), "C").build()))
                .step(awaitCandidates(name, 3))
                .call(UnaryCall.LEADER, leader(name))
                .call(UnaryCall.PROCLAIM, model -> proclaim(won(model, "CAMPAIGN"), "A again"))
                .step(new Step.ObserveNext(name))
                .call(UnaryCall.RESIGN, model -> resign(won(model, "CAMPAIGN")))
                .step(new Step.Finish("B"))
                .step(new Step.ObserveNext(name))
                .call(UnaryCall.LEASE_REVOKE, revoke(leaseId(name, 1)))
                .step(new Step.Finish("C"))
                .step(new Step.ObserveNext(name))
                .step(new Step.Begin(
                        "D",
                        UnaryCall.CAMPAIGN,
                        campaign(name, leaseId(name, 3), "D").build()))
                .step(awaitCandidates(name, 2))
                .step(new Step.Abandon("D"))
                .step(awaitCandidates(name, 1))
                .call(UnaryCall.LEADER, leader(name))
                .call(UnaryCall.PROCLAIM, model -> proclaim(won(model, "C"), "C again"))
                .step(new Step.ObserveNext(name))
                .call(UnaryCall.RESIGN, model -> resign(won(model, "C")))
                .call(UnaryCall.LEADER, leader(name))
                .step(new Step.ObserveClose(name))
                .call(UnaryCall.LEASE_REVOKE, revoke(leaseId(name, 0)))
                .call(UnaryCall.LEASE_REVOKE, revoke(leaseId(name, 2)))
                .call(UnaryCall.LEASE_REVOKE, revoke(leaseId(name, 3)));
    }

    static Script locks(String name) {
        long first = leaseId(name, 0);
        long second = leaseId(name, 1);
        return new Script()
                .call(UnaryCall.LOCK, lock(name, first))
                .call(UnaryCall.LEASE_GRANT, Requests.grant(first, TTL_SECONDS))
                .call(UnaryCall.LEASE_GRANT, Requests.grant(second, TTL_SECONDS))
                .call(UnaryCall.LOCK, lock(name, first))
                .call(UnaryCall.LOCK, lock(name, first))
                .call(UnaryCall.RANGE, Requests.prefix(name))
                .step(new Step.Begin("waits", UnaryCall.LOCK, lock(name, second).build()))
                .step(awaitCandidates(name, 2))
                .call(UnaryCall.UNLOCK, model -> unlock(model, "LOCK"))
                .step(new Step.Finish("waits"))
                .step(new Step.Begin(
                        "loses its lease", UnaryCall.LOCK, lock(name, first).build()))
                .step(awaitCandidates(name, 2))
                .call(UnaryCall.LEASE_REVOKE, revoke(first))
                .call(UnaryCall.UNLOCK, model -> unlock(model, "waits"))
                .step(new Step.Finish("loses its lease"))
                .call(UnaryCall.UNLOCK, model -> unlock(model, "waits"))
                .call(UnaryCall.UNLOCK, UnlockRequest.newBuilder())
                .call(UnaryCall.UNLOCK, UnlockRequest.newBuilder().setKey(bytes("no lock's")))
                .call(UnaryCall.LEASE_REVOKE, revoke(second))
                .call(UnaryCall.LOCK, lock(name, 0))
                .call(UnaryCall.RANGE, Requests.prefix(name))
                .call(UnaryCall.UNLOCK, model -> unlock(model, "LOCK"))
                .call(UnaryCall.LEASE_REVOKE, model -> revoke(leaseOf(model, "LOCK")));
    }

    /** The lease that the server chose stands at the end of the lock's key. */
    private static long leaseOf(Model model, String lock) {
        String key = model.answer(lock, LockResponse.class).getKey().toStringUtf8();
        return Long.parseLong(key.substring(key.lastIndexOf('/') + 1), 16);
    }

    private static Step awaitCandidates(String name, long count) {
        RangeRequest candidates = Requests.prefix(name + "/").build();
        return new Step.AwaitCount(candidates, count);
    }

    private static LeaderKey won(Model model, String call) {
        return model.answer(call, CampaignResponse.class).getLeader();
    }

    /** The same key in an earlier life. */
    private static LeaderKey staleTwin(LeaderKey leader) {
        return leader.toBuilder().setRev(leader.getRev() - 1).build();
    }

    private static CampaignRequest.Builder campaign(String name, long lease, String value) {
        return CampaignRequest.newBuilder().setName(bytes(name)).setLease(lease).setValue(bytes(value));
    }

    private static LeaderRequest.Builder leader(String name) {
        return LeaderRequest.newBuilder().setName(bytes(name));
    }

    private static ProclaimRequest.Builder proclaim(LeaderKey leader, String value) {
        return ProclaimRequest.newBuilder().setLeader(leader).setValue(bytes(value));
    }

    private static ResignRequest.Builder resign(LeaderKey leader) {
        return ResignRequest.newBuilder().setLeader(leader);
    }

    private static LockRequest.Builder lock(String name, long lease) {
        return LockRequest.newBuilder().setName(bytes(name)).setLease(lease);
    }

    private static UnlockRequest.Builder unlock(Model model, String lock) {
        return UnlockRequest.newBuilder()
                .setKey(model.answer(lock, LockResponse.class).getKey());
    }
}

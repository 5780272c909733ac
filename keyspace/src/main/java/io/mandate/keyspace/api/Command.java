package io.mandate.keyspace.api;

import java.util.List;

/** A replicated change of the keyspace. Applied in log order on every node, with the same outcome everywhere. */
public sealed interface Command
        permits TxnOperation.Put,
                TxnOperation.DeleteRange,
                TxnOperation.Txn,
                Command.Compact,
                Command.LeaseGrant,
                Command.LeaseRevoke,
                Command.LeaseExpire,
                Command.SetAlarm,
                Command.PublishMember {

    <R> R accept(Handler<R> handler);

    /** One method per kind of command, so that a new kind does not compile until everyone handles it. */
    interface Handler<R> {
        R put(TxnOperation.Put put);

        R deleteRange(TxnOperation.DeleteRange deleteRange);

        R txn(TxnOperation.Txn txn);

        R compact(Compact compact);

        R leaseGrant(LeaseGrant grant);

        R leaseRevoke(LeaseRevoke revoke);

        R leaseExpire(LeaseExpire expire);

        R setAlarm(SetAlarm setAlarm);

        R publishMember(PublishMember publishMember);
    }

    /** Forgets what was superseded at or before {@code revision}. */
    record Compact(long revision) implements Command {
        @Override
        public <R> R accept(Handler<R> handler) {
            return handler.compact(this);
        }
    }

    /**
     * Creates a lease.
     *
     * @param leaseId any number but 0, chosen by the client or by the node that took the request
     * @param ttlMillis time to live in milliseconds, 1 or more; the etcd API bounds the values that a client may ask
     *     for
     */
    record LeaseGrant(long leaseId, long ttlMillis) implements Command {
        @Override
        public <R> R accept(Handler<R> handler) {
            return handler.leaseGrant(this);
        }
    }

    /** Ends a lease and deletes its keys, all at one revision, in key order. */
    record LeaseRevoke(long leaseId) implements Command {
        @Override
        public <R> R accept(Handler<R> handler) {
            return handler.leaseRevoke(this);
        }
    }

    /**
     * Ends leases that the leader of {@code leaderTerm} saw expire; each lease's keys go at a revision of their own.
     * The whole command is refused if it is applied in another term than it was decided in, a single lease is passed
     * over if it is not the grant the leader saw.
     */
    record LeaseExpire(long leaderTerm, List<Expiry> expiries) implements Command {
        public LeaseExpire {
            expiries = List.copyOf(expiries);
        }

        @Override
        public <R> R accept(Handler<R> handler) {
            return handler.leaseExpire(this);
        }
    }

    /**
     * A lease seen to expire.
     *
     * @param grantIndex {@link Lease#grantIndex} of the lease that was seen: the same id granted anew is another lease
     */
    record Expiry(long leaseId, long grantIndex) {}

    /** Raises or clears an alarm of one member. */
    record SetAlarm(Alarm alarm, boolean active) implements Command {
        @Override
        public <R> R accept(Handler<R> handler) {
            return handler.setAlarm(this);
        }
    }

    /**
     * Makes known to all how clients reach a member; sent by each member when it starts, replacing what it said before.
     */
    record PublishMember(Member member) implements Command {
        @Override
        public <R> R accept(Handler<R> handler) {
            return handler.publishMember(this);
        }
    }
}

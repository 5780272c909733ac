package io.mandate.keyspace.codec;

import io.mandate.keyspace.api.Alarm;
import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.Command;
import io.mandate.keyspace.api.Compare;
import io.mandate.keyspace.api.KeyRange;
import io.mandate.keyspace.api.MalformedDataException;
import io.mandate.keyspace.api.Member;
import io.mandate.keyspace.api.Request;
import io.mandate.keyspace.api.TxnOperation;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Requests as bytes: in the log, and forwarded from node to node. A batch of requests begins with a format number,
 * since the encoding of a request has none of its own. Pure, thread-safe.
 *
 * <p>The tags and the order of the fields and of enum constants are the format: they may be added to, never changed.
 */
public final class RequestCodec {
    private static final int RANGE = 1;
    private static final int PUT = 2;
    private static final int DELETE_RANGE = 3;
    private static final int TXN = 4;
    private static final int COMPACT = 5;
    private static final int LEASE_GRANT = 6;
    private static final int LEASE_REVOKE = 7;
    private static final int LEASE_EXPIRE = 8;
    private static final int SET_ALARM = 9;
    private static final int PUBLISH_MEMBER = 10;

    /** Added to the tag of a request that has an id. */
    private static final int WITH_ID = 0x80;

    private static final Compare.Target[] TARGETS = Compare.Target.values();
    private static final Compare.Relation[] RELATIONS = Compare.Relation.values();
    private static final TxnOperation.Range.SortOrder[] ORDERS = TxnOperation.Range.SortOrder.values();
    private static final TxnOperation.Range.SortTarget[] SORT_TARGETS = TxnOperation.Range.SortTarget.values();
    private static final Alarm.Kind[] ALARMS = Alarm.Kind.values();

    private RequestCodec() {}

    /** Bytes that {@link #write} will need. */
    public static int size(Request request) {
        Sink.Size size = new Sink.Size();
        write(request, size);
        return size.size();
    }

    /**
     * Appends {@code request} to {@code target}.
     *
     * @throws java.nio.BufferOverflowException if there is no room for {@link #size} bytes
     */
    public static void write(Request request, ByteBuffer target) {
        write(request, new Sink.Into(target));
    }

    /**
     * Takes one request off {@code source}, whatever follows it.
     *
     * @throws MalformedDataException if it does not start with a request
     */
    public static Request read(ByteBuffer source) {
        Source in = new Source(source, "request");
        int tag = in.octet();
        Request.@Nullable RequestId id = null;
        if (tag >= WITH_ID) {
            long sessionId = in.number();
            long sequence = in.number();
            if (sequence < 1) {
                throw in.malformed("sequence " + sequence);
            }
            id = new Request.RequestId(sessionId, sequence);
        }
        return new Request(command(tag & ~WITH_ID, in), id);
    }

    private static void write(Request request, Sink sink) {
        Request.RequestId id = request.id();
        sink.octet(request.command().accept(COMMAND_TAG) | (id == null ? 0 : WITH_ID));
        if (id != null) {
            sink.number(id.sessionId());
            sink.number(id.sequence());
        }
        request.command().accept(new CommandWriter(sink));
    }

    private static Command command(int tag, Source in) {
        return switch (tag) {
            case PUT -> put(in);
            case DELETE_RANGE -> deleteRange(in);
            case TXN -> txn(in);
            case COMPACT -> new Command.Compact(in.number());
            case LEASE_GRANT -> new Command.LeaseGrant(in.number(), in.number());
            case LEASE_REVOKE -> new Command.LeaseRevoke(in.number());
            case LEASE_EXPIRE ->
                new Command.LeaseExpire(in.number(), in.list(each -> new Command.Expiry(each.number(), each.number())));
            case SET_ALARM -> new Command.SetAlarm(alarm(in), in.flag());
            case PUBLISH_MEMBER -> new Command.PublishMember(member(in));
            default -> throw in.malformed("no command has tag " + tag);
        };
    }

    private static TxnOperation operation(Source in) {
        int tag = in.octet();
        return switch (tag) {
            case RANGE -> range(in);
            case PUT -> put(in);
            case DELETE_RANGE -> deleteRange(in);
            case TXN -> txn(in);
            default -> throw in.malformed("no operation has tag " + tag);
        };
    }

    private static void range(TxnOperation.Range range, Sink sink) {
        keys(range.keys(), sink);
        sink.octet((range.keysOnly() ? 1 : 0)
                | (range.countOnly() ? 2 : 0)
                | (Sink.index(range.sortOrder()) << 2)
                | (Sink.index(range.sortTarget()) << 4));
        sink.number(range.revision());
        sink.number(range.limit());
        sink.number(range.minModRevision());
        sink.number(range.maxModRevision());
        sink.number(range.minCreateRevision());
        sink.number(range.maxCreateRevision());
    }

    private static TxnOperation.Range range(Source in) {
        KeyRange keys = keys(in);
        int bits = in.octet();
        TxnOperation.Range.SortOrder order = in.choice(ORDERS, (bits >> 2) & 3);
        TxnOperation.Range.SortTarget target = in.choice(SORT_TARGETS, bits >> 4);
        long revision = in.number();
        long limit = in.number();
        return new TxnOperation.Range(
                keys,
                revision,
                limit,
                order,
                target,
                (bits & 1) != 0,
                (bits & 2) != 0,
                in.number(),
                in.number(),
                in.number(),
                in.number());
    }

    private static void put(TxnOperation.Put put, Sink sink) {
        sink.bytes(put.key());
        sink.bytes(put.value());
        sink.octet((put.previousKeyValue() ? 1 : 0) | (put.ignoreValue() ? 2 : 0) | (put.ignoreLease() ? 4 : 0));
        sink.number(put.leaseId());
    }

    private static TxnOperation.Put put(Source in) {
        Bytes key = in.bytes();
        Bytes value = in.bytes();
        int bits = in.octet();
        if (bits > 7) {
            throw in.malformed("a put's flags are " + bits);
        }
        return new TxnOperation.Put(key, value, in.number(), (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0);
    }

    private static TxnOperation.DeleteRange deleteRange(Source in) {
        return new TxnOperation.DeleteRange(keys(in), in.flag());
    }

    private static TxnOperation.Txn txn(Source in) {
        return in.nested(inner -> new TxnOperation.Txn(
                inner.list(RequestCodec::compare),
                inner.list(RequestCodec::operation),
                inner.list(RequestCodec::operation)));
    }

    private static void compare(Compare compare, Sink sink) {
        keys(compare.keys(), sink);
        sink.choice(compare.target());
        sink.choice(compare.relation());
        sink.number(compare.number());
        sink.bytes(compare.value());
    }

    private static Compare compare(Source in) {
        return new Compare(keys(in), in.choice(TARGETS), in.choice(RELATIONS), in.number(), in.bytes());
    }

    private static void keys(KeyRange keys, Sink sink) {
        sink.bytes(keys.key());
        sink.bytes(keys.end());
    }

    private static KeyRange keys(Source in) {
        return new KeyRange(in.bytes(), in.bytes());
    }

    public static void alarm(Alarm alarm, Sink sink) {
        sink.number(alarm.memberId());
        sink.choice(alarm.kind());
    }

    public static Alarm alarm(Source in) {
        return new Alarm(in.number(), in.choice(ALARMS));
    }

    public static void member(Member member, Sink sink) {
        sink.number(member.id());
        sink.text(member.name());
        sink.list(member.peerUrls(), (url, each) -> each.text(url));
        sink.list(member.clientUrls(), (url, each) -> each.text(url));
    }

    public static Member member(Source in) {
        long id = in.number();
        String name = in.text();
        List<String> peerUrls = in.list(Source::text);
        return new Member(id, name, peerUrls, in.list(Source::text));
    }

    private static final Command.Handler<Integer> COMMAND_TAG = new Command.Handler<>() {
        @Override
        public Integer put(TxnOperation.Put put) {
            return PUT;
        }

        @Override
        public Integer deleteRange(TxnOperation.DeleteRange deleteRange) {
            return DELETE_RANGE;
        }

        @Override
        public Integer txn(TxnOperation.Txn txn) {
            return TXN;
        }

        @Override
        public Integer compact(Command.Compact compact) {
            return COMPACT;
        }

        @Override
        public Integer leaseGrant(Command.LeaseGrant grant) {
            return LEASE_GRANT;
        }

        @Override
        public Integer leaseRevoke(Command.LeaseRevoke revoke) {
            return LEASE_REVOKE;
        }

        @Override
        public Integer leaseExpire(Command.LeaseExpire expire) {
            return LEASE_EXPIRE;
        }

        @Override
        public Integer setAlarm(Command.SetAlarm setAlarm) {
            return SET_ALARM;
        }

        @Override
        public Integer publishMember(Command.PublishMember publishMember) {
            return PUBLISH_MEMBER;
        }
    };

    /** Writes an operation of a transaction with its tag. */
    private record OperationWriter(Sink sink) implements TxnOperation.Handler<Boolean> {
        @Override
        public Boolean range(TxnOperation.Range range) {
            sink.octet(RANGE);
            RequestCodec.range(range, sink);
            return true;
        }

        @Override
        public Boolean put(TxnOperation.Put put) {
            sink.octet(PUT);
            RequestCodec.put(put, sink);
            return true;
        }

        @Override
        public Boolean deleteRange(TxnOperation.DeleteRange deleteRange) {
            sink.octet(DELETE_RANGE);
            return new CommandWriter(sink).deleteRange(deleteRange);
        }

        @Override
        public Boolean txn(TxnOperation.Txn txn) {
            sink.octet(TXN);
            return new CommandWriter(sink).txn(txn);
        }
    }

    /** Writes a command; its tag is written already. */
    private record CommandWriter(Sink sink) implements Command.Handler<Boolean> {
        @Override
        public Boolean put(TxnOperation.Put put) {
            RequestCodec.put(put, sink);
            return true;
        }

        @Override
        public Boolean deleteRange(TxnOperation.DeleteRange deleteRange) {
            keys(deleteRange.keys(), sink);
            sink.octet(deleteRange.previousKeyValues() ? 1 : 0);
            return true;
        }

        @Override
        public Boolean txn(TxnOperation.Txn txn) {
            OperationWriter operations = new OperationWriter(sink);
            sink.list(txn.compares(), RequestCodec::compare);
            sink.list(txn.success(), (operation, each) -> operation.accept(operations));
            sink.list(txn.failure(), (operation, each) -> operation.accept(operations));
            return true;
        }

        @Override
        public Boolean compact(Command.Compact compact) {
            sink.number(compact.revision());
            return true;
        }

        @Override
        public Boolean leaseGrant(Command.LeaseGrant grant) {
            sink.number(grant.leaseId());
            sink.number(grant.ttlMillis());
            return true;
        }

        @Override
        public Boolean leaseRevoke(Command.LeaseRevoke revoke) {
            sink.number(revoke.leaseId());
            return true;
        }

        @Override
        public Boolean leaseExpire(Command.LeaseExpire expire) {
            sink.number(expire.leaderTerm());
            sink.list(expire.expiries(), (expiry, each) -> {
                each.number(expiry.leaseId());
                each.number(expiry.grantIndex());
            });
            return true;
        }

        @Override
        public Boolean setAlarm(Command.SetAlarm setAlarm) {
            alarm(setAlarm.alarm(), sink);
            sink.octet(setAlarm.active() ? 1 : 0);
            return true;
        }

        @Override
        public Boolean publishMember(Command.PublishMember publishMember) {
            member(publishMember.member(), sink);
            return true;
        }
    }
}

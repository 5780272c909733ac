package io.mandate.server.raft.transport;

import com.alipay.sofa.jraft.entity.RaftOutter.EntryMeta;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.GetFileRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.InstallSnapshotRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.ReadIndexRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.RequestVoteRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.TimeoutNowRequest;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What the engine's requests must say for the engine to get them: it believes lengths before it allocates, and
 * addresses before it connects to them.
 */
final class EngineRequests {
    /**
     * Of a file at a time, in memory. The engine asks for 128 KiB of a snapshot, and for all of the file that says what
     * is in it; it asks on if it gets less.
     */
    static final int FILE_BYTES_MAX = 1 << 20;

    private final Set<String> groups;
    private final PeerRules rules;

    EngineRequests(int groups, PeerRules rules) {
        this.groups =
                IntStream.range(0, groups).mapToObj(PeerTransport::groupId).collect(Collectors.toUnmodifiableSet());
        this.rules = rules;
    }

    /** The request as the engine gets it; {@link TransportException} if no member of this cluster sends such a one. */
    Message admit(Message request) {
        if (request instanceof AppendEntriesRequest append) {
            between(append.getGroupId(), append.getServerId(), append.getPeerId());
            entries(append);
        } else if (request instanceof RequestVoteRequest vote) {
            between(vote.getGroupId(), vote.getServerId(), vote.getPeerId());
        } else if (request instanceof InstallSnapshotRequest install) {
            between(install.getGroupId(), install.getServerId(), install.getPeerId());
            if (!install.getUri().startsWith("remote://" + install.getServerId() + "/")) {
                throw new TransportException("a snapshot of " + install.getServerId() + " that is elsewhere");
            }
        } else if (request instanceof TimeoutNowRequest now) {
            between(now.getGroupId(), now.getServerId(), now.getPeerId());
        } else if (request instanceof ReadIndexRequest read) {
            between(read.getGroupId(), read.getServerId(), read.getPeerId());
        } else if (request instanceof GetFileRequest file && file.getCount() > FILE_BYTES_MAX) {
            return file.toBuilder().setCount(FILE_BYTES_MAX).build();
        }
        return request;
    }

    private void between(String group, String from, String to) {
        if (!groups.contains(group)) {
            throw new TransportException("a request to group " + printable(group) + ", there are " + groups.size());
        }
        for (String member : new String[] {from, to}) {
            if (!member.isEmpty() && !rules.isMember(member)) {
                throw new TransportException("a request that names " + printable(member)
                        + ", where no member is: is --initial-cluster the same on all nodes?");
            }
        }
    }

    private static String printable(String text) {
        return text.substring(0, Math.min(text.length(), 100)).replaceAll("\\p{Cntrl}", " ");
    }

    private void entries(AppendEntriesRequest append) {
        ByteString data = append.getData();
        long position = 0;
        for (EntryMeta entry : append.getEntriesList()) {
            long end = position + entry.getDataLen();
            if (entry.getDataLen() < 0 || end > data.size()) {
                throw new TransportException("an entry of " + entry.getDataLen() + " bytes, of which "
                        + (data.size() - position) + " are there");
            }
            if (entry.getDataLen() > 0) {
                rules.objectionTo(data.substring((int) position, (int) end).asReadOnlyByteBuffer())
                        .ifPresent(objection -> {
                            throw new TransportException("an entry of " + append.getServerId() + ": " + objection);
                        });
            }
            position = end;
        }
    }
}

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
 * Validates requests before the engine receives them, as it trusts lengths when it allocates, and addresses when it
 * connects.
 */
final class EngineRequests {
    /**
     * The bytes of a file that are read at a time, into memory. The engine requests 128 KiB of a snapshot, and the
     * whole of its metadata file; it continues if it gets less.
     */
    static final int FILE_BYTES_MAX = 1 << 20;

    private final Set<String> groups;
    private final PeerRules rules;

    EngineRequests(int groups, PeerRules rules) {
        this.groups =
                IntStream.range(0, groups).mapToObj(PeerTransport::groupId).collect(Collectors.toUnmodifiableSet());
        this.rules = rules;
    }

    /**
     * Returns the request to pass to the engine.
     *
     * @throws TransportException if no member of this cluster sends such a request
     */
    Message admit(Message request) {
        if (request instanceof AppendEntriesRequest append) {
            requireMembers(append.getGroupId(), append.getServerId(), append.getPeerId());
            requireEntries(append);
        } else if (request instanceof RequestVoteRequest vote) {
            requireMembers(vote.getGroupId(), vote.getServerId(), vote.getPeerId());
        } else if (request instanceof InstallSnapshotRequest install) {
            requireMembers(install.getGroupId(), install.getServerId(), install.getPeerId());
            if (!install.getUri().startsWith("remote://" + install.getServerId() + "/")) {
                throw new TransportException("a snapshot of " + install.getServerId() + " on another host");
            }
        } else if (request instanceof TimeoutNowRequest now) {
            requireMembers(now.getGroupId(), now.getServerId(), now.getPeerId());
        } else if (request instanceof ReadIndexRequest read) {
            requireMembers(read.getGroupId(), read.getServerId(), read.getPeerId());
        } else if (request instanceof GetFileRequest file && file.getCount() > FILE_BYTES_MAX) {
            return file.toBuilder().setCount(FILE_BYTES_MAX).build();
        }
        return request;
    }

    private void requireMembers(String group, String from, String to) {
        if (!groups.contains(group)) {
            throw new TransportException(
                    "a request to group " + printable(group) + ", of " + groups.size() + " groups");
        }
        for (String member : new String[] {from, to}) {
            if (!member.isEmpty() && !rules.isMember(member)) {
                throw new TransportException("a request that names " + printable(member)
                        + ", which is not a member: --initial-cluster must be the same on all nodes");
            }
        }
    }

    private static String printable(String text) {
        return text.substring(0, Math.min(text.length(), 100)).replaceAll("\\p{Cntrl}", " ");
    }

    private void requireEntries(AppendEntriesRequest append) {
        ByteString data = append.getData();
        long position = 0;
        for (EntryMeta entry : append.getEntriesList()) {
            long end = position + entry.getDataLen();
            if (entry.getDataLen() < 0 || end > data.size()) {
                throw new TransportException("an entry of " + entry.getDataLen() + " bytes, of which "
                        + (data.size() - position) + " were sent");
            }
            if (entry.getDataLen() > 0) {
                rules.rejectionReason(data.substring((int) position, (int) end).asReadOnlyByteBuffer())
                        .ifPresent(reason -> {
                            throw new TransportException("an entry of " + append.getServerId() + ": " + reason);
                        });
            }
            position = end;
        }
    }
}

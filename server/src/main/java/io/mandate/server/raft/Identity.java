package io.mandate.server.raft;

import io.mandate.server.log.DiskFault;
import io.mandate.server.raft.transport.PeerHello;
import io.mandate.server.raft.transport.PeerVersions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * The owner of this disk, and the disks of the other members when they last connected.
 *
 * <p>A member whose disk was emptied has lost its votes and its acknowledged entries. If it voted again, a leader
 * without acknowledged writes could be elected. So each disk has an incarnation, generated when it is initialized;
 * every member stores durably the incarnation of every other member, and rejects a member with a different one, unless
 * that member declares that it is being replaced. It then does not vote until the leader has removed it from the
 * configuration and added it again.
 *
 * <p>Thread-safe. The data directory is locked against other processes until this is closed.
 */
final class Identity implements AutoCloseable {
    /** The format of the directory. 3: one log for all groups. */
    private static final String FORMAT = "3";

    private final Path directory;
    private final long clusterId;
    private final long memberId;
    private final Set<Long> members;
    private final int groups;
    private final UUID incarnation;
    private final boolean fresh;
    private final FileChannel lockFile;
    private final Map<String, String> incarnations;
    private boolean replacing;

    private Identity(ReplicaOptions options, UUID incarnation, boolean fresh, boolean replacing, FileChannel lockFile) {
        this.directory = options.dataDirectory();
        this.clusterId = options.clusterId();
        this.memberId = options.memberId();
        this.members = options.peers().keySet();
        this.groups = options.groups();
        this.incarnation = incarnation;
        this.fresh = fresh;
        this.replacing = replacing;
        this.lockFile = lockFile;
        this.incarnations = new TreeMap<>(DurableProperties.read(directory.resolve("members")));
    }

    /**
     * Opens the data directory. An empty one is initialized by {@link #initialize}, once no other member has rejected
     * this one, so that it stays empty if one has.
     *
     * @throws IdentityException if it belongs to another member or cluster, is in use, or is damaged
     * @throws UncheckedIOException if it cannot be created or written; the message has the cause and the remedy
     */
    static Identity open(ReplicaOptions options) {
        Path directory = options.dataDirectory();
        try {
            Files.createDirectories(directory);
            FileChannel lockFile = lock(directory);
            try {
                return open(options, lockFile);
            } catch (RuntimeException refused) {
                lockFile.close();
                throw refused;
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(unusable(directory, failed), failed);
        }
    }

    private static String unusable(Path directory, IOException failed) {
        return "cannot use data directory " + directory + ": "
                + fileInPathOf(directory)
                        .map(file -> file + " is a file, not a directory")
                        .orElseGet(() -> DiskFault.reason(failed))
                + ". Choose another one with --data-dir, or make this one a directory that the node may write";
    }

    private static Optional<Path> fileInPathOf(Path directory) {
        return Stream.<Path>iterate(directory.toAbsolutePath(), Objects::nonNull, Path::getParent)
                .filter(path -> Files.exists(path) && !Files.isDirectory(path))
                .findFirst();
    }

    private static Identity open(ReplicaOptions options, FileChannel lockFile) {
        Path directory = options.dataDirectory();
        Map<String, String> found = DurableProperties.read(directory.resolve("identity"));
        if (found.isEmpty()) {
            return new Identity(options, UUID.randomUUID(), true, options.replaceLostDisk(), lockFile);
        }
        requireFormat(directory, found);
        require(directory, "cluster", Long.toHexString(options.clusterId()), found);
        require(directory, "member", Long.toHexString(options.memberId()), found);
        requireGroups(directory, options.groups(), found);
        return new Identity(
                options,
                UUID.fromString(found.getOrDefault("incarnation", "")),
                false,
                Boolean.parseBoolean(found.get("replacing")),
                lockFile);
    }

    private static FileChannel lock(Path directory) throws IOException {
        FileChannel channel =
                FileChannel.open(directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return channel;
            }
        } catch (OverlappingFileLockException sameProcess) {
            // refused below, as if another process held the lock
        } catch (IOException failed) {
            channel.close();
            throw failed;
        }
        channel.close();
        throw new IdentityException(
                "data directory " + directory + " is in use by another node; give each its own --data-dir");
    }

    private static void requireFormat(Path directory, Map<String, String> found) {
        String actual = found.get("format");
        if (!FORMAT.equals(actual)) {
            throw new IdentityException(
                    "data directory " + directory + " has format " + actual + ", this version writes "
                            + FORMAT
                            + " and cannot read it: one node after the other, move the directory away and start the"
                            + " node with an empty one and --initial-cluster-state existing");
        }
    }

    private static void require(Path directory, String name, String expected, Map<String, String> found) {
        String actual = found.get(name);
        if (!expected.equals(actual)) {
            throw new IdentityException(
                    "data directory " + directory + " has " + name + " " + actual + ", this node " + expected
                            + ": it belongs to another node or cluster. Check --data-dir, --name, "
                            + "--initial-cluster and --initial-cluster-token");
        }
    }

    private static void requireGroups(Path directory, int groups, Map<String, String> found) {
        String initialGroups = found.get("groups");
        if (!Integer.toString(groups).equals(initialGroups)) {
            throw new IdentityException("data directory " + directory + " was initialized with --groups "
                    + initialGroups + " and is now opened with --groups " + groups
                    + ": the number is fixed when a cluster is bootstrapped. Start with --groups " + initialGroups
                    + ", or bootstrap a new cluster with empty data directories");
        }
    }

    private void store() {
        DurableProperties.write(
                directory.resolve("identity"),
                Map.of(
                        "format", FORMAT,
                        "cluster", Long.toHexString(clusterId),
                        "member", Long.toHexString(memberId),
                        "groups", Integer.toString(groups),
                        "incarnation", incarnation.toString(),
                        "replacing", Boolean.toString(replacing)));
    }

    PeerHello hello(PeerVersions versions) {
        return new PeerHello(versions, clusterId, memberId, groups, incarnation, isReplacing());
    }

    /** Whether the directory was empty when it was opened. */
    boolean isFresh() {
        return fresh;
    }

    /** Makes the directory this member's. Must be called before any other data are stored in it. */
    synchronized void initialize() {
        if (fresh) {
            store();
        }
    }

    /** Whether this member has lost its disk and was not readmitted yet. */
    synchronized boolean isReplacing() {
        return replacing;
    }

    synchronized void readmitted() {
        replacing = false;
        store();
    }

    /** Returns why another node is rejected, if it is. Stores an accepted node's incarnation durably. */
    synchronized Optional<String> rejectionReason(PeerHello other) {
        if (other.clusterId() != clusterId) {
            return Optional.of("it belongs to cluster " + Long.toHexString(other.clusterId()) + ", this node to "
                    + Long.toHexString(clusterId) + ": check --initial-cluster and --initial-cluster-token on both");
        }
        if (other.groups() != groups) {
            return Optional.of("it was started with --groups " + other.groups() + ", this node with --groups " + groups
                    + ": the number is fixed when the cluster is bootstrapped and must be the same on all members");
        }
        String member = Long.toHexString(other.memberId());
        if (!members.contains(other.memberId()) || other.memberId() == memberId) {
            return Optional.of("member " + member + " is not among the other members that this node, "
                    + Long.toHexString(memberId) + ", knows: check --initial-cluster and --name on both");
        }
        String known = incarnations.get(member);
        String incarnation = other.incarnation().toString();
        if (incarnation.equals(known)) {
            return Optional.empty();
        }
        if (known != null && !other.replacing()) {
            return Optional.of("member " + member
                    + " had another disk before: a node that lost its disk must not vote again;"
                    + " start it with an empty --data-dir and --initial-cluster-state existing");
        }
        incarnations.put(member, incarnation);
        DurableProperties.write(directory.resolve("members"), incarnations);
        return Optional.empty();
    }

    @Override
    public void close() {
        try {
            lockFile.close();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}

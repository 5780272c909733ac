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
 * Who this disk belongs to, and which disks the other members had when they were last met.
 *
 * <p>A member whose disk was emptied has forgotten its votes and what it acknowledged. If it voted again, a leader
 * could be elected that lacks acknowledged writes. So each disk has an incarnation, drawn when it is set up; every
 * member remembers durably the incarnation of every other, and objects to a member that comes with another one, unless
 * that member says it is being replaced, in which case it does not vote until the leader has taken it out of the
 * configuration and in again.
 *
 * <p>Thread-safe. The data directory is locked against other processes as long as this lives.
 */
final class Identity implements AutoCloseable {
    /** What the rest of the directory looks like. 3: one log for all groups. */
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
     * Opens the data directory. An empty one is set up by {@link #settle}, once the other members have not objected:
     * one that they refuse stays empty.
     *
     * @throws IdentityException if it belongs to another member or cluster, is in use, or is damaged
     * @throws UncheckedIOException if it cannot be created or written; the message says why and what to do
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
                + fileOnTheWayTo(directory)
                        .map(file -> file + " is a file, not a directory")
                        .orElseGet(() -> DiskFault.reason(failed))
                + ". Name another one with --data-dir, or make this one a directory that the node may write";
    }

    private static Optional<Path> fileOnTheWayTo(Path directory) {
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
            // Refused below, as if another process held it.
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
                            + " and cannot read it: set the directory aside, one node after the other, and start each on an"
                            + " empty one with --initial-cluster-state existing");
        }
    }

    private static void require(Path directory, String name, String expected, Map<String, String> found) {
        String actual = found.get(name);
        if (!expected.equals(actual)) {
            throw new IdentityException(
                    "data directory " + directory + " has " + name + " " + actual + ", this node " + expected
                            + ": it belongs to another node or cluster. Check --data-dir, --name, --initial-cluster and --initial-cluster-token");
        }
    }

    private static void requireGroups(Path directory, int groups, Map<String, String> found) {
        String settled = found.get("groups");
        if (!Integer.toString(groups).equals(settled)) {
            throw new IdentityException("data directory " + directory + " was set up with --groups " + settled
                    + " and is now opened with --groups " + groups + ": the number is fixed when a cluster is founded."
                    + " Start with --groups " + settled + ", or found a new cluster on empty data directories");
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

    /** Whether the directory was empty when this was opened. */
    boolean isFresh() {
        return fresh;
    }

    /** Makes the directory this member's. To be called before anything else is kept in it. */
    synchronized void settle() {
        if (fresh) {
            store();
        }
    }

    /** Whether this member has not been taken in again since it lost its disk. */
    synchronized boolean isReplacing() {
        return replacing;
    }

    synchronized void replaced() {
        replacing = false;
        store();
    }

    /** What is wrong with another node, if anything. Remembers, durably, whom it lets in. */
    synchronized Optional<String> objectionTo(PeerHello other) {
        if (other.clusterId() != clusterId) {
            return Optional.of("it belongs to cluster " + Long.toHexString(other.clusterId()) + ", this node to "
                    + Long.toHexString(clusterId) + ": check --initial-cluster and --initial-cluster-token on both");
        }
        if (other.groups() != groups) {
            return Optional.of("it was started with --groups " + other.groups() + ", this node with --groups " + groups
                    + ": the number is fixed when the cluster is founded, give all members the same");
        }
        String member = Long.toHexString(other.memberId());
        if (!members.contains(other.memberId()) || other.memberId() == memberId) {
            return Optional.of("member " + member + " is none of those that this node, " + Long.toHexString(memberId)
                    + ", has for its others: check --initial-cluster and --name on both");
        }
        String known = incarnations.get(member);
        String presented = other.incarnation().toString();
        if (presented.equals(known)) {
            return Optional.empty();
        }
        if (known != null && !other.replacing()) {
            return Optional.of("member " + member
                    + " was here before with another disk: a node that lost its disk must not vote again;"
                    + " start it on an empty --data-dir with --initial-cluster-state existing");
        }
        incarnations.put(member, presented);
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

package io.mandate.verify.simulation.disk;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.WatchService;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.spi.FileSystemProvider;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A local POSIX file system in memory: files with several names, atomic links and renames, directories. Before each
 * call {@link #beforeEachCall} runs, which may do anything, also use this file system: as other processes do between
 * two calls of one. What a guard of files does not use is not there. For one thread.
 */
public final class SimulatedDisk extends FileSystem {
    /** The bytes of a file, whatever its names. */
    static final class Inode {
        byte[] bytes = new byte[0];
    }

    /** What is at a path. */
    sealed interface Node {}

    record Directory() implements Node {}

    record RegularFile(Inode inode) implements Node {}

    /** By the whole path, in its order. */
    final SortedMap<String, Node> nodes = new TreeMap<>();

    private final DiskProvider provider = new DiskProvider(this);
    private Runnable beforeEachCall = () -> {};
    /** Not null if links are made whatever became of both names: then also by the names of files that are deleted. */
    private @Nullable Map<String, Node> deleted;

    /** An empty one: there is the root. */
    public SimulatedDisk() {
        nodes.put("/", new Directory());
    }

    /** What runs before each call; if it throws, the call is not made and its maker gets that. */
    public void beforeEachCall(Runnable step) {
        beforeEachCall = step;
    }

    /**
     * From now on a link is made whatever became of its two names: one that exists is replaced, and a file that was
     * deleted comes back. So what is compared and what is written are two steps.
     */
    public void linkWithoutComparing() {
        deleted = new HashMap<>();
    }

    boolean linksCompare() {
        return deleted == null;
    }

    /** What is there, or for links that do not compare was there. */
    @Nullable
    Node forLink(String path) {
        Node present = nodes.get(path);
        return present == null && deleted != null ? deleted.get(path) : present;
    }

    void remove(String path) {
        Node removed = nodes.remove(path);
        if (deleted != null && removed != null) {
            deleted.put(path, removed);
        }
    }

    void step() {
        beforeEachCall.run();
    }

    @Override
    public Path getPath(String first, String... more) {
        return new DiskPath(this, more.length == 0 ? first : first + "/" + String.join("/", more));
    }

    @Override
    public FileSystemProvider provider() {
        return provider;
    }

    @Override
    public Set<String> supportedFileAttributeViews() {
        return Set.of("basic", "posix");
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public boolean isReadOnly() {
        return false;
    }

    @Override
    public String getSeparator() {
        return "/";
    }

    @Override
    public Iterable<Path> getRootDirectories() {
        return List.of(getPath("/"));
    }

    @Override
    public Iterable<FileStore> getFileStores() {
        return List.of(new DiskStore());
    }

    @Override
    public void close() throws IOException {
        // There is nothing to give back.
    }

    @Override
    public PathMatcher getPathMatcher(String syntaxAndPattern) {
        throw new UnsupportedOperationException();
    }

    @Override
    public UserPrincipalLookupService getUserPrincipalLookupService() {
        throw new UnsupportedOperationException();
    }

    @Override
    public WatchService newWatchService() {
        throw new UnsupportedOperationException();
    }

    /** What is in a directory: paths and nodes. */
    Map<String, Node> within(String directory) {
        String prefix = directory.equals("/") ? "/" : directory + "/";
        return nodes.subMap(prefix + '\0', prefix + Character.MAX_VALUE);
    }
}

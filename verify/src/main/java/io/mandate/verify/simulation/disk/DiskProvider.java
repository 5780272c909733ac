package io.mandate.verify.simulation.disk;

import io.mandate.verify.simulation.disk.SimulatedDisk.Directory;
import io.mandate.verify.simulation.disk.SimulatedDisk.Inode;
import io.mandate.verify.simulation.disk.SimulatedDisk.Node;
import io.mandate.verify.simulation.disk.SimulatedDisk.RegularFile;
import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.FileSystemException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.spi.FileSystemProvider;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The calls of a {@link SimulatedDisk}: each is one step. */
final class DiskProvider extends FileSystemProvider {
    private final SimulatedDisk disk;

    DiskProvider(SimulatedDisk disk) {
        this.disk = disk;
    }

    private Node existing(Path path) throws NoSuchFileException {
        Node node = disk.nodes.get(DiskPath.text(path));
        if (node == null) {
            throw new NoSuchFileException(path.toString());
        }
        return node;
    }

    private void requireFree(Path path) throws IOException {
        Path parent = path.getParent();
        if (parent != null) {
            existing(parent);
        }
        if (disk.nodes.containsKey(DiskPath.text(path))) {
            throw new FileAlreadyExistsException(path.toString());
        }
    }

    @Override
    public FileChannel newFileChannel(Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
            throws IOException {
        disk.step();
        if (options.contains(StandardOpenOption.CREATE_NEW)) {
            requireFree(path);
            Inode inode = new Inode();
            disk.nodes.put(DiskPath.text(path), new RegularFile(inode));
            return new DiskChannel(disk, inode);
        }
        if (!options.equals(Set.of(StandardOpenOption.READ))) {
            throw new UnsupportedOperationException("opened with " + options);
        }
        return new DiskChannel(disk, existing(path) instanceof RegularFile file ? file.inode() : new Inode());
    }

    @Override
    public DirectoryStream<Path> newDirectoryStream(Path path, DirectoryStream.Filter<? super Path> filter)
            throws IOException {
        disk.step();
        existing(path);
        int from = DiskPath.text(path).length() + 1;
        List<Path> found = disk.within(DiskPath.text(path)).keySet().stream()
                .filter(name -> name.indexOf('/', from) < 0)
                .map(disk::getPath)
                .toList();
        return new DirectoryStream<>() {
            @Override
            public Iterator<Path> iterator() {
                return found.iterator();
            }

            @Override
            public void close() {
                // The listing is in memory.
            }
        };
    }

    @Override
    public void createDirectory(Path path, FileAttribute<?>... attributes) throws IOException {
        disk.step();
        requireFree(path);
        disk.nodes.put(DiskPath.text(path), new Directory());
    }

    @Override
    public void createLink(Path link, Path present) throws IOException {
        disk.step();
        Node file = disk.forLink(DiskPath.text(present));
        if (file == null) {
            throw new NoSuchFileException(present.toString());
        }
        if (disk.linksCompare()) {
            requireFree(link);
        }
        disk.nodes.put(DiskPath.text(link), file);
    }

    @Override
    public void delete(Path path) throws IOException {
        disk.step();
        if (existing(path) instanceof Directory
                && !disk.within(DiskPath.text(path)).isEmpty()) {
            throw new DirectoryNotEmptyException(path.toString());
        }
        disk.remove(DiskPath.text(path));
    }

    /** As rename(2): over a file, or over an empty directory. */
    @Override
    public void move(Path source, Path target, CopyOption... options) throws IOException {
        disk.step();
        if (!Arrays.equals(options, new CopyOption[] {StandardCopyOption.ATOMIC_MOVE})) {
            throw new UnsupportedOperationException("moved with " + Arrays.toString(options));
        }
        String from = DiskPath.text(source);
        String to = DiskPath.text(target);
        Node moved = existing(source);
        // Two names of one file both stay, says POSIX.
        if (from.equals(to) || (moved instanceof RegularFile && moved.equals(disk.nodes.get(to)))) {
            return;
        }
        existing(disk.getPath(to.substring(0, Math.max(1, to.lastIndexOf('/')))));
        if (moved instanceof Directory) {
            if (!disk.within(to).isEmpty()) {
                throw new FileSystemException(source.toString(), target.toString(), "Directory not empty");
            }
            Map<String, Node> below = Map.copyOf(disk.within(from));
            below.forEach((name, node) -> {
                disk.nodes.remove(name);
                disk.nodes.put(to + name.substring(from.length()), node);
            });
        }
        disk.nodes.remove(from);
        disk.nodes.put(to, moved);
    }

    @Override
    public void checkAccess(Path path, AccessMode... modes) throws IOException {
        disk.step();
        existing(path);
    }

    @Override
    public FileStore getFileStore(Path path) {
        return new DiskStore();
    }

    @Override
    public boolean isSameFile(Path one, Path other) {
        return one.equals(other);
    }

    @Override
    public boolean isHidden(Path path) {
        return false;
    }

    @Override
    public String getScheme() {
        return "simulated";
    }

    @Override
    public FileSystem newFileSystem(URI uri, Map<String, ?> environment) {
        throw new UnsupportedOperationException();
    }

    @Override
    public FileSystem getFileSystem(URI uri) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Path getPath(URI uri) {
        throw new UnsupportedOperationException();
    }

    @Override
    public SeekableByteChannel newByteChannel(
            Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes) throws IOException {
        return newFileChannel(path, options, attributes);
    }

    @Override
    public void copy(Path source, Path target, CopyOption... options) {
        throw new UnsupportedOperationException();
    }

    @Override
    public <V extends FileAttributeView> V getFileAttributeView(Path path, Class<V> type, LinkOption... options) {
        throw new UnsupportedOperationException();
    }

    @Override
    public <A extends BasicFileAttributes> A readAttributes(Path path, Class<A> type, LinkOption... options) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Map<String, Object> readAttributes(Path path, String attributes, LinkOption... options) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void setAttribute(Path path, String attribute, Object value, LinkOption... options) {
        throw new UnsupportedOperationException();
    }
}

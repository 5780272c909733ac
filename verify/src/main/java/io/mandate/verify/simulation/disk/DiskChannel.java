package io.mandate.verify.simulation.disk;

import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.Arrays;

/** An open file, or a directory that is open to be forced. Stays open when its name is gone. */
final class DiskChannel extends FileChannel {
    private final SimulatedDisk disk;
    private final SimulatedDisk.Inode inode;
    private int position;

    DiskChannel(SimulatedDisk disk, SimulatedDisk.Inode inode) {
        this.disk = disk;
        this.inode = inode;
    }

    @Override
    public int read(ByteBuffer to) {
        disk.step();
        int count = Math.min(to.remaining(), inode.bytes.length - position);
        if (count <= 0) {
            return -1;
        }
        to.put(inode.bytes, position, count);
        position += count;
        return count;
    }

    @Override
    public int write(ByteBuffer from) {
        disk.step();
        int count = from.remaining();
        inode.bytes = Arrays.copyOf(inode.bytes, Math.max(inode.bytes.length, position + count));
        from.get(inode.bytes, position, count);
        position += count;
        return count;
    }

    @Override
    public long size() {
        disk.step();
        return inode.bytes.length;
    }

    @Override
    public void force(boolean metaData) {
        disk.step();
    }

    @Override
    protected void implCloseChannel() {
        // The inode goes when nobody has it any more.
    }

    @Override
    public long position() {
        return position;
    }

    @Override
    public FileChannel position(long newPosition) {
        throw new UnsupportedOperationException();
    }

    @Override
    public FileChannel truncate(long size) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long read(ByteBuffer[] to, int offset, int length) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long write(ByteBuffer[] from, int offset, int length) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int read(ByteBuffer to, long at) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int write(ByteBuffer from, long at) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long transferTo(long at, long count, WritableByteChannel target) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long transferFrom(ReadableByteChannel source, long at, long count) {
        throw new UnsupportedOperationException();
    }

    @Override
    public MappedByteBuffer map(MapMode mode, long at, long size) {
        throw new UnsupportedOperationException();
    }

    @Override
    public FileLock lock(long at, long size, boolean shared) {
        throw new UnsupportedOperationException();
    }

    @Override
    public FileLock tryLock(long at, long size, boolean shared) {
        throw new UnsupportedOperationException();
    }
}

package io.mandate.election.guard.file;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;

/** File systems whose machines see each other's files late: a listing from a cache would let a stale writer through. */
final class NetworkFileSystems {
    private static final Set<String> TYPES = Set.of(
            "nfs",
            "nfs3",
            "nfs4",
            "cifs",
            "smb",
            "smb2",
            "smb3",
            "smbfs",
            "afs",
            "fuse.sshfs",
            "fuse.s3fs",
            "fuse.gcsfuse",
            "fuse.goofys",
            "fuse.rclone",
            "fuse.blobfuse2",
            "fuse.mount-s3");

    private NetworkFileSystems() {}

    static void refuse(Path directory) throws IOException {
        refuse(directory, Files.getFileStore(directory).type());
    }

    static void refuse(Path directory, String type) throws FileSystemException {
        if (TYPES.contains(type.toLowerCase(Locale.ROOT))) {
            throw new FileSystemException(
                    directory.toString(),
                    null,
                    "a file cannot be guarded on " + type
                            + ", whose listings may be old: use a local file system such as ext4, XFS or Btrfs, "
                            + "or the guard for objects or databases");
        }
    }
}

package io.mandate.election.guard.file;

/** What has just been done, in this order. Tests stop a writer here. */
enum WriteStep {
    /**
     * The directory has been listed, to find the newest version; readers do so too, and writers again after
     * {@link #ANNOUNCED} and {@link #COPY_ANNOUNCED}.
     */
    LISTED,
    /** The newest version has been read, and its token compared. */
    COMPARED,
    /** There is an unfinished file that says which version it is to become. */
    ANNOUNCED,
    /** The version before is still the newest. */
    LOOKED,
    /** The unfinished file is whole, and on the disk. */
    FORCED,
    /** It has its name: this write is the version. */
    LINKED,
    /** The name is on the disk: the write may be acknowledged. */
    DURABLE,
    /** No older writer has an unfinished file. */
    OVERTAKEN,
    /** Old versions are gone. */
    PRUNED,
    /** There is an unfinished copy that says of which version it is. */
    COPY_ANNOUNCED,
    /** That version is still the newest. */
    COPY_LOOKED,
    /** The copy is whole, and on the disk. */
    COPY_FORCED,
    /** The plain file is a copy of this version. */
    COPIED
}

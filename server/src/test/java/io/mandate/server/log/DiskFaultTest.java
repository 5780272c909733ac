package io.mandate.server.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;

class DiskFaultTest {
    @Test
    void theReasonIsInPlainWordsAndNamesTheFileIfKnown() {
        assertThat(DiskFault.reason(new IOException("No space left on device"))).isEqualTo("No space left on device");
        assertThat(DiskFault.reason(new AccessDeniedException("/data/lock")))
                .isEqualTo("/data/lock: permission denied");
        assertThat(DiskFault.reason(new NoSuchFileException("/data"))).isEqualTo("/data: no such file or directory");
        assertThat(DiskFault.reason(new FileAlreadyExistsException("/data"))).isEqualTo("/data: already exists");
        assertThat(DiskFault.reason(new FileSystemException("/data", null, "Read-only file system")))
                .isEqualTo("/data: Read-only file system");
    }

    @Test
    void aBugKeepsItsClass() {
        assertThat(DiskFault.reason(new IllegalStateException("x"))).isEqualTo("java.lang.IllegalStateException: x");
        assertThat(DiskFault.reason(new IOException())).isEqualTo("java.io.IOException");
    }
}

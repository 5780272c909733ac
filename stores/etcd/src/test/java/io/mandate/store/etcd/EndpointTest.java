package io.mandate.store.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EndpointTest {
    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:2379,                http://127.0.0.1:2379",
        "http://127.0.0.1:2379,         http://127.0.0.1:2379",
        "http://127.0.0.1:2379/,        http://127.0.0.1:2379",
        "127.0.0.1:2379/,               http://127.0.0.1:2379",
        "HTTP://Store-1.Example:2379,   http://store-1.example:2379",
        "https://store:2379,            https://store:2379",
        "'  store:2379 ',               http://store:2379",
        "store:02379,                   http://store:2379",
        "[::1]:2379,                    http://[::1]:2379",
        "http://[2001:DB8::7]:2379/,    http://[2001:db8::7]:2379",
        "[::ffff:10.0.0.1]:2379,        http://[::ffff:10.0.0.1]:2379",
        "[fe80::1%eth0]:2379,           http://[fe80::1%eth0]:2379",
        "http://[FE80::1%25Lan1]:2379,  http://[fe80::1%Lan1]:2379",
        "store:1,                       http://store:1",
        "store:65535,                   http://store:65535"
    })
    void etcdctlsFormsAreTaken(String text, String url) {
        assertThat(Endpoint.parse(text)).hasToString(url);
        assertThat(Endpoint.parse(url)).isEqualTo(Endpoint.parse(text));
    }

    @ParameterizedTest
    @CsvSource({
        "store,                      write store:2379",
        "[::1],                      write [::1]:2379",
        "http://127.0.0.1,           write 127.0.0.1:2379",
        "::1:2379,                   write an IPv6 address in brackets",
        "::1,                        write an IPv6 address in brackets",
        "[127.0.0.1]:2379,           write an IPv6 address in brackets",
        "[::1:2379,                  is not of the form host:port",
        "[::g]:2379,                 no IPv6 address",
        "[::1%]:2379,                zone",
        "[]:2379,                    is not of the form host:port",
        ":2379,                      no host",
        "a b:2379,                   no host",
        "store:99999,                between 1 and 65535",
        "store:0,                    between 1 and 65535",
        "store:-1,                   between 1 and 65535",
        "store:+1,                   between 1 and 65535",
        "store:99999999999999999999, between 1 and 65535",
        "store:,                     between 1 and 65535",
        "store:etcd,                 between 1 and 65535",
        "http://store:2379/v3,       leave out what is after host:port",
        "http://store:2379?a=b,      leave out what is after host:port",
        "unix:///run/etcd.sock,      Unix socket",
        "ftp://store:2379,           a scheme other than http and https",
        "http://,                    is not of the form host:port"
    })
    void whatIsNoEndpointIsNamedWithTheRemedy(String text, String remedy) {
        assertThatThrownBy(() -> Endpoint.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("endpoint '" + text + "' ")
                .hasMessageContaining(remedy);
    }

    @Test
    void credentialsAreRefusedAndNotRepeated() {
        assertThatThrownBy(() -> Endpoint.parse("http://me:secret@store:1"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("@store:1", "leave out what is before the @")
                .satisfies(refused -> assertThat(refused.getMessage()).doesNotContain("secret"));
    }

    @Test
    void aLongTextIsNotRepeated() {
        assertThatThrownBy(() -> Endpoint.parse("a".repeat(1_000_000)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("is longer than 300 characters")
                .satisfies(refused -> assertThat(refused.getMessage()).hasSizeLessThan(200));
    }

    @Test
    void aListHasBlanksEmptyPlacesAndRepetitions() {
        assertThat(Endpoint.parseAll(List.of("a:1, http://a:1/ ,,b:2,", " ", "HTTP://A:1")))
                .containsExactly(new Endpoint("a", 1, false), new Endpoint("b", 2, false));
    }

    @Test
    void aListHasBounds() {
        List<String> most =
                IntStream.rangeClosed(1, 32).mapToObj(port -> "store:" + port).toList();
        assertThat(Endpoint.parseAll(most)).hasSize(32);
        assertThat(Endpoint.parseAll(Collections.nCopies(1_000, "store:1"))).hasSize(1);
        assertThatThrownBy(() -> Endpoint.parseAll(List.of(String.join(",", most), "store:33")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("33 endpoints are not between 1 and 32");
        assertThatThrownBy(() -> Endpoint.parseAll(List.of(" , ", "")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0 endpoints are not between 1 and 32");
    }

    @Test
    void optionsKeepUrlsAndTakeSeveralInOneText() {
        assertThat(EtcdOptions.of(List.of("a:1,HTTP://b:2/", "[::1]:3")).endpoints())
                .containsExactly("http://a:1", "http://b:2", "http://[::1]:3");
    }
}

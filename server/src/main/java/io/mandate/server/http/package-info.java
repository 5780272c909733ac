/** The port for clients: gRPC and plain HTTP/1.1, distinguished per connection. */
@NullMarked
package io.mandate.server.http;

import org.jspecify.annotations.NullMarked;

@NullMarked
package io.mandate.keyspace;

import org.jspecify.annotations.NullMarked;

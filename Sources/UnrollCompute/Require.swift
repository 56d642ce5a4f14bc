/// A mistake of the program's: stops it with a message naming the operation and the shapes. Unlike `precondition`, which
/// keeps its message to itself in optimised builds, this says it in every build.
package func require(
    _ condition: @autoclosure () -> Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID,
    line: UInt = #line
) {
    if !condition() { fatalError(message(), file: file, line: line) }
}

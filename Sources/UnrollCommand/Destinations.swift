import Unroll

/// Refuses paths that nothing can or should be written to, before any work: folders, files that are read, one path for two.
/// - Throws: `DataError.isFolder`, `.unwritable`, `ModelError.badSetting`.
func checkDestinations(_ destinations: [(flag: String, path: String?)], reading sources: [String]) throws {
    var earlier: [(flag: String, path: String)] = []
    for case (let flag, let path?) in destinations {
        if sources.contains(where: { Files.areSame($0, path) }) {
            throw ModelError.badSetting(flag: flag, value: path, expected: "another file, as that one is read,")
        }
        if let other = earlier.first(where: { Files.areSame($0.path, path) }) {
            throw ModelError.badSetting(flag: flag, value: path, expected: "another file than that of \(other.flag)")
        }
        try Files.checkWritable(path)
        earlier.append((flag, path))
    }
}

/// Refuses to make anew what took long to make.
/// - Throws: `ModelError.badSetting`.
func checkAbsent(_ output: String...) throws {
    for path in output where Files.exists(path) {
        throw ModelError.badSetting(
            flag: "--output", value: path, expected: "a new file, as that one is there already,")
    }
}

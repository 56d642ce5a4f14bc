import ArgumentParser

/// Which words a model knows.
struct WordFlags: ParsableArguments {
    @Option(parsing: .unconditional, help: .count("How often a word must be there to be known", "1"))
    var minimum: Int?
    @Flag(help: "Words are known in lower case only.")
    var lowercase = false

    /// The flags that were given.
    var given: [String] { givenFlags([("--minimum", minimum), ("--lowercase", lowercase ? true : nil)]) }
}

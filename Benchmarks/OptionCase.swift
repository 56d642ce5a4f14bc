package import Unroll
package import UnrollCompute

/// What an option of a recurrence costs: the training of one layer with it, in turns with the same without.
package struct OptionCase: Case {
    package static let work = Work.options
    package static let grammar = RecurrenceCase.grammar
    package static let passes = [Pass.training]

    /// At two sizes each option alone, then all that combine.
    package static let defaults = [(512, 64), (128, 32)].flatMap { hidden, batch in
        ["lstm", "gru"].flatMap { cell in
            let known = CaseOption.known.filter { $0.cells?.contains(cell) != false }
            let field = { (option: CaseOption.Known, value: String) in
                CaseOption(name: option.name, value: option.values.map { _ in value }).description
            }
            let all = known.filter(\.combines).map { field($0, $0.samples[0]) }.joined(separator: ",")
            let alone = known.flatMap { option in option.samples.map { (option.layers, "," + field(option, $0)) } }
            return ([(1, "")] + alone + [(1, "," + all)]).map { layers, options in
                "\(cell),\(hidden),\(hidden),\(batch),50,\(layers)\(options)"
            }
        }
    }.joined(separator: " ")
    package static let quick = """
        lstm,16,32,4,6,1,lengths,peepholes,zoneout=0.1 gru,16,24,5,7,2,bidirectional,dropout=0.5
        """

    private let recurrence: RecurrenceCase

    package init(_ fields: inout CaseFields) throws { recurrence = try RecurrenceCase(&fields) }

    package var fields: [JSON.Member] { recurrence.fields }
    package func operations(_ pass: Pass) -> Double { recurrence.operations(pass) }
    package var numbers: Double { recurrence.numbers + (plain?.item.numbers ?? 0) }
    package func runner(_ pass: Pass, on device: Device) throws -> Runner { try recurrence.runner(pass, on: device) }

    /// A case without options is held against itself, which shows how far two measurements of the same are apart.
    package var plain: (item: any Case, times: Double)? { recurrence.plain ?? (recurrence, 1) }
}

import Testing
import UnrollCharts
import UnrollData
import UnrollTestSupport

@Suite struct PrincipalComponentsTests {
    private func numbers(_ value: JSON?) -> [[Double]] {
        (value?.array ?? []).map { ($0.array ?? []).compactMap(\.number) }
    }

    /// numpy's singular value decomposition says the same, up to sign.
    @Test func agreeWithNumpy() throws {
        let path = fixture("components.json")
        let cases = try #require(try JSON(parsing: try Files.read(path), name: path).array)
        #expect(cases.count == 2)
        for expected in cases {
            let points = numbers(expected["points"])
            let directions = numbers(expected["directions"])
            let coordinates = numbers(expected["coordinates"])
            let variances = (expected["variances"]?.array ?? []).compactMap(\.number)
            let found = PrincipalComponents(of: points.map { $0.map(Float.init) }, count: directions.count)
            #expect(!directions.isEmpty && found.directions.count == directions.count)
            for (index, direction) in directions.enumerated() {
                #expect(abs(found.variances[index] / variances[index] - 1) < 1e-9)
                let sign = zip(direction, found.directions[index]).reduce(0) { $0 + $1.0 * $1.1 } < 0 ? -1.0 : 1
                for (one, other) in zip(direction, found.directions[index]) { #expect(abs(one * sign - other) < 1e-9) }
                for (one, other) in zip(coordinates, found.coordinates) {
                    #expect(abs(one[index] * sign - other[index]) < 1e-8)
                }
                let greatest = found.directions[index].max { abs($0) < abs($1) } ?? 0
                #expect(greatest > 0)
            }
        }
    }

    @Test func littleToSpread() {
        let none = PrincipalComponents(of: [])
        #expect(none.coordinates.isEmpty && none.variances == [0, 0])
        for points: [[Float]] in [[[1, 2, 3]], [[4, 5], [4, 5], [4, 5]], [[], []]] {
            let found = PrincipalComponents(of: points)
            #expect(found.coordinates == points.map { _ in [0, 0] } && found.totalVariance == 0)
        }
        // On a line there is one component.
        let line = PrincipalComponents(of: [[0, 0], [3, 4], [6, 8]])
        #expect(abs(line.coordinates[2][0] - 5) < 1e-12 && line.coordinates.allSatisfy { $0[1] == 0 })
        #expect(abs(line.variances[0] - 25) < 1e-12)
    }
}

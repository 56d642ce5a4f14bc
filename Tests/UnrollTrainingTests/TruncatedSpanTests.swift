import Testing
import UnrollTraining

@Suite struct TruncatedSpanTests {
    /// Each window ends `forward` steps after the one before, and begins where that one has a state to carry.
    @Test(arguments: [(1, 1), (3, 3), (3, 4), (3, 7), (5, 10), (4, 30)]) func windowsFollow(
        _ forward: Int, _ backward: Int
    ) {
        let span = TruncatedSpan(forward: forward, backward: backward)
        var start = 0
        for number in 0..<20 {
            let window = span.window(number)
            #expect(window.start == start && window.start + window.steps == (number + 1) * forward)
            #expect(window.steps == min(backward, (number + 1) * forward))
            #expect((0...window.steps).contains(window.carry))
            start = window.start + window.carry
        }
    }
}

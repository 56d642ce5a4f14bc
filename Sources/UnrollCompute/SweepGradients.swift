/// What the backward pass of a sweep reads and writes besides the sweep.
package struct SweepGradients {
    /// Of h, laid out as the sweep's output; nil is zeros.
    package var output: Matrix?
    /// `[batch, width]` of h and `[batch, hidden]` of c: in, the gradient of the final states; out, of the initial ones.
    package var carry: [Buffer]
    /// Out, `[rows, peepholes·hidden]`: what summed over all rows is the gradient of the peepholes, where there are any.
    package var products: Buffer?
    /// Out, `[rows, width]`: the gradient of every h.
    package var flow: Buffer?
    /// In, `[rows, hidden]`: of every c', from the layer above that reads it.
    package var above: Buffer?
    /// What it has besides where the sweep goes in stages.
    package var stages: StageGradients?

    package init(output: Matrix?, carry: [Buffer], products: Buffer? = nil, flow: Buffer? = nil) {
        (self.output, self.carry, self.products, self.flow) = (output, carry, products, flow)
    }

    /// What is only read.
    var constants: [Buffer] { [output?.buffer, above].compactMap { $0 } }
}

import UnrollCompute

/// Whether tests may take minutes each: `UNROLL_TESTS=long`.
package let testsAreLong = CPUInfo.setting("UNROLL_TESTS") == "long"

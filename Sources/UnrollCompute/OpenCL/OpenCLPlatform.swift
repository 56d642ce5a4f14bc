package import CUnrollOpenCL

/// A device as its driver describes it.
package struct OpenCLDescription: Sendable {
    package var index: Int
    package var isGPU: Bool
    package var isCPU: Bool
    package var model: String
    package var vendor: String
    package var driver: String
    package var platform: String
    /// `OpenCL 3.0 …`
    package var version: String
    package var computeUnits: Int
    package var memory: Int
    package var maximumAllocation: Int
    package var localMemory: Int
    package var groupSize: Int
    package var hasDoubles: Bool
    let platformID: UInt
    let deviceID: UInt

    /// The newest version of OpenCL C it takes, as `-cl-std` wants it.
    var languageStandard: String {
        if version.hasPrefix("OpenCL 1.") { return "CL1.2" }
        return version.hasPrefix("OpenCL 2.") ? "CL2.0" : "CL3.0"
    }
}

/// What OpenCL this machine has, looked for once.
package enum OpenCLPlatform {
    /// The loader's functions, or why there are none; they count what they are asked for.
    package static let functions = loaded.map(OpenCLCounting.counting)

    /// The loader's functions as they are.
    static let loaded: Result<UnrollOpenCL, ComputeError> = {
        var reason: UnsafePointer<CChar>?
        if let functions = unroll_opencl(&reason) { return .success(functions.pointee) }
        return .failure(.openCLMissing(reason: reason.map { String(cString: $0) } ?? "the OpenCL loader is missing"))
    }()

    /// Every device of every driver, in the order the drivers are listed; empty is a failure.
    package static let devices: Result<[OpenCLDescription], ComputeError> = functions.flatMap { cl in
        var count: cl_uint = 0
        guard cl.GetPlatformIDs(0, nil, &count) == CL_SUCCESS, count > 0 else {
            return .failure(.openCLMissing(reason: "the OpenCL loader is installed, but no driver (ICD) is"))
        }
        var platforms = [cl_platform_id?](repeating: nil, count: Int(count))
        _ = cl.GetPlatformIDs(count, &platforms, nil)
        var found: [OpenCLDescription] = []
        for platform in platforms {
            var count: cl_uint = 0
            let all = cl_device_type(CL_DEVICE_TYPE_ALL)
            guard cl.GetDeviceIDs(platform, all, 0, nil, &count) == CL_SUCCESS, count > 0 else { continue }
            var devices = [cl_device_id?](repeating: nil, count: Int(count))
            _ = cl.GetDeviceIDs(platform, all, count, &devices, nil)
            for device in devices { found.append(describe(device, of: platform, index: found.count, cl)) }
        }
        if found.isEmpty { return .failure(.openCLMissing(reason: "the installed OpenCL drivers have no device")) }
        return .success(found)
    }

    private static func describe(
        _ device: cl_device_id?, of platform: cl_platform_id?, index: Int, _ cl: UnrollOpenCL
    ) -> OpenCLDescription {
        let text = { (key: Int32) in
            string { size, bytes, used in cl.GetDeviceInfo(device, cl_device_info(key), size, bytes, used) }
        }
        let number = { (key: Int32) in
            var value: UInt64 = 0
            _ = cl.GetDeviceInfo(device, cl_device_info(key), MemoryLayout<UInt64>.size, &value, nil)
            return Int(clamping: value)
        }
        let type = Int32(truncatingIfNeeded: number(CL_DEVICE_TYPE))
        return OpenCLDescription(
            index: index, isGPU: type & CL_DEVICE_TYPE_GPU != 0, isCPU: type & CL_DEVICE_TYPE_CPU != 0,
            model: text(CL_DEVICE_NAME), vendor: text(CL_DEVICE_VENDOR), driver: text(CL_DRIVER_VERSION),
            platform: string { size, bytes, used in
                cl.GetPlatformInfo(platform, cl_platform_info(CL_PLATFORM_NAME), size, bytes, used)
            },
            version: text(CL_DEVICE_VERSION), computeUnits: number(CL_DEVICE_MAX_COMPUTE_UNITS),
            memory: number(CL_DEVICE_GLOBAL_MEM_SIZE),
            maximumAllocation: number(CL_DEVICE_MAX_MEM_ALLOC_SIZE), localMemory: number(CL_DEVICE_LOCAL_MEM_SIZE),
            groupSize: number(CL_DEVICE_MAX_WORK_GROUP_SIZE), hasDoubles: number(CL_DEVICE_DOUBLE_FP_CONFIG) != 0,
            platformID: UInt(bitPattern: platform),
            deviceID: UInt(bitPattern: device))
    }

    private static func string(
        _ query: (_ size: Int, _ bytes: UnsafeMutableRawPointer?, _ used: UnsafeMutablePointer<Int>?) -> cl_int
    ) -> String {
        var size = 0
        guard query(0, nil, &size) == CL_SUCCESS, size > 0 else { return "" }
        var bytes = [UInt8](repeating: 0, count: size)
        guard query(size, &bytes, nil) == CL_SUCCESS else { return "" }
        let text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        return String(text.drop { $0 == " " })
    }
}

// One import for a user: devices, tensors, layers, training, data, charts and models.
@_exported public import UnrollCharts
@_exported public import UnrollCompute
@_exported public import UnrollData
@_exported public import UnrollLayers
@_exported public import UnrollModels
@_exported public import UnrollTensors
@_exported public import UnrollTraining

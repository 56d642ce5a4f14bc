// What a work-group of ITEMS, which has a row of a step, is to recurrence_rows.h. After prelude.cl and the cell's equations.

#ifndef ITEMS
#define ITEMS 64  // work items a row (a power of two); 1 where an item's vector is long
#endif

#define TEAM_PARAMETER local float *team,
#define TEAM team,
#define team_first ((int)get_local_id(0) * VECTOR)
#define team_step (ITEMS * VECTOR)
#define team_sum(x) sum_of_team(team, x)
#define sqrt_of sqrt

INLINE float sum_of_team(local float *team, const real x) {
    const int item = get_local_id(0);
    float lanes[VECTOR], sum = 0.0f;
    vstore_(x, 0, lanes);
    for (int lane = 0; lane < VECTOR; ++lane) sum += lanes[lane];
    barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);  // what one has read of a row, another may write from here on
    team[item] = sum;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int half_ = ITEMS / 2; half_ > 0; half_ /= 2) {
        if (item < half_) team[item] += team[item + half_];
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    return team[0];
}

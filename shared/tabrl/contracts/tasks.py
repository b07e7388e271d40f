"""Names under which jobs are sent to the workers; the payload is the job's id alone."""

WRITE_REWARD = "tabrl.reward.write"
RUN_TRAINING = "tabrl.train.run"
REWARD_QUEUE = "reward"
TRAIN_QUEUE = "train"
